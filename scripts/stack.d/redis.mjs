import { connect } from 'node:net'
import { join } from 'node:path'
import { launchIn, launchTogether, ownDirectory } from './directory.mjs'
import { run, which } from './process.mjs'
import { freePort, freePorts, waitFor } from './wait.mjs'

export const redisPackages = () => (which('redis-server') ? [] : ['redis-server'])

/** `args` are laid over: `['--maxmemory', '64mb']`. The data stay in `dir`: the same port and dir bring it back. */
export async function startRedis({ port, dir, args = [], name = 'redis', ...options } = {}) {
  const home = ownDirectory('redis', dir)
  const chosen = port ?? (await freePort())
  return launchIn(home, {
    ...options,
    name,
    port: chosen,
    url: `redis://127.0.0.1:${chosen}`,
    command: 'redis-server',
    args: [
      ...['--bind', '127.0.0.1', '--port', String(chosen), '--dir', home.path],
      ...['--appendonly', 'yes', '--save', '', '--maxmemory-policy', 'noeviction'],
      ...args,
    ],
    ready: () => says(chosen, 'PING', '+PONG'),
  })
}

/** Three masters (or more) that own all slots; no replicas. */
export async function startRedisCluster({ nodes = 3, dir, args = [], ...options } = {}) {
  const home = ownDirectory('redis-cluster', dir)
  const cluster = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', ...args]
  // the default, port + 10000, may be anybody's
  const busPorts = await freePorts(nodes)
  const startNode = (index, more) => {
    const name = `redis-cluster-${index + 1}`
    return startRedis({
      ...more,
      name,
      dir: join(home.path, name),
      args: ['--cluster-port', String(busPorts[index]), ...cluster],
    })
  }
  const agreed = started => {
    const agree = () => Promise.all(started.map(node => says(node.port, 'CLUSTER INFO', 'cluster_state:ok')))
    return waitFor('the nodes of the Redis cluster', agree)
  }
  const servers = await launchTogether(home, options, async more => {
    const started = await Promise.all(Array.from({ length: nodes }, (_, index) => startNode(index, more)))
    const create = ['--cluster', 'create', ...started.map(addressOf), '--cluster-yes']
    await run('redis-cli', create, { log: join(home.path, 'create.log') })
    await agreed(started)
    return started
  })
  return {
    addresses: servers.map(addressOf),
    nodes: servers,
    /** Starts a node that was killed, on its port and its data; resolves when the cluster serves again. */
    restart: async index => {
      servers[index] = await startNode(index, { ...options, port: servers[index].port })
      await agreed(servers)
      return servers[index]
    },
    stop: async () => {
      await Promise.all(servers.map(server => server.stop()))
      home.remove()
    },
  }
}

const addressOf = node => `127.0.0.1:${node.port}`

function says(port, command, expected) {
  return new Promise((answered, failed) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 2000 }, () => socket.write(`${command}\r\n`))
    socket.once('data', reply => {
      socket.destroy()
      if (reply.includes(expected)) answered(true)
      else failed(new Error(reply.toString().trim()))
    })
    socket.on('timeout', () => socket.destroy(new Error(`127.0.0.1:${port} does not answer`)))
    socket.on('error', failed)
    socket.on('close', () => failed(new Error(`127.0.0.1:${port} closed the connection`)))
  })
}
