import { connect, createServer, type Socket } from 'node:net'
import { Redis } from 'ioredis'
import { freePort, type Server, startRedis, waitFor } from '../../scripts/stack.d/index.mjs'

/** A master with a replica behind one address, which moves from one to the other as a failover does. */
export type RedisPair = Readonly<{
  url: string
  /** The master dies at once, and comes back with what its append-only file holds. */
  restart(): Promise<void>
  /** The replica stops following; `whileBehind` later the master is gone and the replica is master, without what came since. */
  failOver(whileBehind: () => Promise<void>): Promise<void>
  /** The replica lags, for as long as that takes, by all that is written meanwhile. */
  whileReplicaSleeps(work: () => Promise<void>): Promise<void>
  /** A command to the master. */
  call(...command: readonly [string, ...(string | number)[]]): Promise<unknown>
  stop(): Promise<void>
}>

export const startRedisPair = async (): Promise<RedisPair> => {
  let master = await startRedis({ name: 'redis-a' })
  let replica = await startRedis({ name: 'redis-b' })
  const address = await startAddress(() => master.port)

  const ask = async (server: Server, ...command: readonly [string, ...(string | number)[]]): Promise<unknown> => {
    const redis = new Redis({ host: '127.0.0.1', port: server.port, maxRetriesPerRequest: 1, lazyConnect: true })
    redis.on('error', () => {})
    try {
      await redis.connect()
      const [name, ...args] = command
      return await redis.call(name, ...args)
    } finally {
      redis.disconnect()
    }
  }
  const follow = async (): Promise<void> => {
    await ask(replica, 'REPLICAOF', '127.0.0.1', master.port)
    await waitFor('the replica has what the master has', async () =>
      String(await ask(replica, 'INFO', 'replication')).includes('master_link_status:up'),
    )
  }
  await follow()

  return {
    url: `redis://127.0.0.1:${address.port}`,
    restart: async () => {
      const { port, dir } = master
      await master.kill('SIGKILL')
      master = await startRedis({ name: 'redis-again', port, dir })
      await follow()
    },
    failOver: async whileBehind => {
      await ask(replica, 'REPLICAOF', 'NO', 'ONE')
      await whileBehind()
      await master.kill('SIGKILL')
      master = replica
      address.cut()
      replica = await startRedis({ name: 'redis-new' })
      await follow()
    },
    whileReplicaSleeps: async work => {
      const asleep = replica
      await asleep.kill('SIGSTOP')
      await work().finally(() => asleep.kill('SIGCONT'))
    },
    call: (...command) => ask(master, ...command),
    stop: async () => {
      await address.close()
      await Promise.all([master.stop(), replica.stop()])
    },
  }
}

/** A port that leads wherever `target` says when somebody connects. */
const startAddress = async (target: () => number): Promise<Readonly<{ port: number; cut(): void; close(): Promise<void> }>> => {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy())
  }
  const server = createServer(near => {
    const far = connect({ host: '127.0.0.1', port: target() })
    keep(near).pipe(keep(far)).pipe(near)
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  })
  const port = await freePort()
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port,
    cut,
    close: async () => {
      cut()
      await new Promise<void>(resolve => server.close(() => resolve()))
    },
  }
}
