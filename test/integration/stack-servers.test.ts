import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Cluster, Redis } from 'ioredis'
import { Kafka, logLevel } from 'kafkajs'
import { afterEach, describe, expect, it } from 'vitest'
import {
  freePort,
  repository,
  startAlertmanager,
  startKafka,
  startPrometheus,
  startPushgateway,
  startRedis,
  startRedisCluster,
  waitFor,
} from '../../scripts/stack.d/index.mjs'

const run = promisify(execFile)

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})
const stopping = <T extends { stop: () => Promise<void> }>(server: T): T => {
  undo.push(() => server.stop())
  return server
}
const folder = async (): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), 'tidemark-stack-test-'))
  undo.push(() => rm(path, { recursive: true, force: true }))
  return path
}

describe('servers that a test starts for itself', () => {
  it('a killed Redis comes back on its port with what it had logged', async () => {
    const place = { port: await freePort(), dir: await folder() }
    const first = await startRedis({ ...place, args: ['--appendfsync', 'always'] })
    const client = stopping(closing(new Redis(first.url)))
    await client.redis.set('tide', 'high')
    await first.kill()
    expect(first.isAlive()).toBe(false)
    const second = stopping(await startRedis(place))
    expect(second.url).toBe(first.url)
    expect(await client.redis.get('tide')).toBe('high')
  })

  it('a Redis Cluster serves every slot', async () => {
    const { addresses } = stopping(await startRedisCluster())
    const cluster = new Cluster(addresses)
    const keys = Array.from({ length: 50 }, (_, index) => `key-${index}`)
    await Promise.all(keys.map(key => cluster.set(key, key)))
    expect(await Promise.all(keys.map(key => cluster.get(key)))).toEqual(keys)
    cluster.disconnect()
  })

  it('three Kafka brokers: one is killed, its leaders move, it comes back', async () => {
    const cluster = stopping(await startKafka({ brokers: 3, heapMb: 256 }))
    const kafka = new Kafka({ clientId: 'stack-test', brokers: cluster.addresses, logLevel: logLevel.NOTHING })
    const admin = kafka.admin()
    await admin.connect()
    undo.push(() => admin.disconnect())
    await admin.createTopics({ topics: [{ topic: 'moves', numPartitions: 3, replicationFactor: 3 }], waitForLeaders: false })
    const leaders = async () =>
      (await admin.fetchTopicMetadata({ topics: ['moves'] })).topics[0].partitions.map(each => each.leader)
    await waitFor('a leader on every broker', async () => new Set(await leaders()).size === 3)
    await cluster.nodes[1].kill()
    await waitFor('the leaders to leave broker 2', async () => !(await leaders()).includes(2))
    await cluster.restart(1)
    await waitFor('broker 2 to be back', async () => (await admin.describeCluster()).brokers.length === 3)
  })

  it('Prometheus takes the configuration of the test and scrapes the Pushgateway', async () => {
    const gateway = stopping(await startPushgateway())
    await fetch(`${gateway.url}/metrics/job/test`, { method: 'POST', body: 'tide_metres 3.5\n' })
    const target = `127.0.0.1:${gateway.port}`
    const config = `scrape_configs: [{ job_name: push, scrape_interval: 1s, static_configs: [{ targets: ['${target}'] }] }]`
    const prometheus = stopping(await startPrometheus({ config }))
    const value = await waitFor('the first scrape', async () => {
      const response = await fetch(`${prometheus.url}/api/v1/query?query=tide_metres`)
      const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } }
      return data.result[0]?.value[1]
    })
    expect(value).toBe('3.5')
  })

  it('a server whose configuration is wrong says so at once', async () => {
    await expect(startAlertmanager({ config: 'route: {receiver: nobody-there}' })).rejects.toThrow(/undefined receiver/)
  })

  it('is killed with the process that started it', async () => {
    const script = `const { startRedis } = await import('${repository}/scripts/stack.d/index.mjs')
      console.log((await startRedis({ dir: '${await folder()}' })).pid)
      setInterval(() => {}, 1000)`
    const starter = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [pid] = await once(starter.stdout, 'data')
    starter.kill('SIGKILL')
    await waitFor('Redis to end', () => isGone(Number(String(pid))), { timeoutMs: 5000 })
  })
})

describe('scripts/stack', () => {
  it('starts what is asked for once, tells where it is, and stops it again', async () => {
    const env = { ...process.env, TIDEMARK_STACK_DIR: await folder() }
    const stack = (...args: string[]) => run(join(repository, 'scripts/stack'), args, { env })
    expect((await stack('up', 'redis')).stderr).toMatch(/redis +up after/)
    expect((await stack('up', 'redis')).stderr).toMatch(/redis +already up/)
    const { stdout } = await stack('env')
    const url = /^export REDIS_URL='(.*)'$/m.exec(stdout)?.[1] ?? ''
    const { redis, stop } = closing(new Redis(url))
    expect(await redis.ping()).toBe('PONG')
    await stop()
    const pid = Number(/redis +up +\S+ \(pid (\d+)\)/.exec((await stack('status')).stdout)?.[1])
    expect(isGone(pid)).toBe(false)
    await stack('down')
    expect(isGone(pid)).toBe(true)
    expect((await stack('status')).stdout).toBe('nothing is up\n')
  })

  it('refuses names that it does not know', async () => {
    await expect(run(join(repository, 'scripts/stack'), ['up', 'rabbit'])).rejects.toThrow(/unknown: rabbit/)
  })
})

function closing(redis: Redis) {
  redis.on('error', () => {}) // refused connections, while it is down
  return { redis, stop: async () => redis.disconnect() }
}

/** Also true for a process that has ended and that nobody has waited for yet. */
function isGone(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') === ''
  } catch {
    return true
  }
}
