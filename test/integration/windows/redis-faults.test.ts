import { Redis } from 'ioredis'
import { afterEach, describe, expect, it } from 'vitest'
import { startRedis, startRedisCluster, waitFor } from '../../../scripts/stack.d/index.mjs'
import type { StateStore } from '../../../src/windows/store/port.ts'
import { createRedisStore } from '../../../src/windows/store/redis/store.ts'
import { StoreUnavailable } from '../../../src/windows/store/unavailable.ts'
import { checkpoint, entry, firing, pane, progressAt, text } from '../../windows/store/samples.ts'
import { quiet } from './redis-helpers.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

const start = async (...args: readonly string[]) => {
  const server = await startRedis({ args })
  undo.push(() => server.stop())
  return server
}

const open = async (url: string): Promise<StateStore> => {
  const store = await createRedisStore({ url, namespace: 'faults', topic: 'predictions', logger: quiet, commandTimeoutMs: 500 })
  undo.push(() => store.close())
  return store
}

const administer = (url: string): Redis => {
  const admin = new Redis(url)
  undo.push(() => admin.disconnect())
  return admin
}

/** As a caller does: again until the store is there. */
const recovered = <T>(send: () => Promise<T>): Promise<Readonly<{ reply: T }>> =>
  waitFor('the store to come back', async () => ({ reply: await send() }), { timeoutMs: 30_000 })

const unavailable = (reason: StoreUnavailable['reason']) => expect.objectContaining({ name: 'StoreUnavailable', reason })

const first = checkpoint('A', 1, { sets: [entry(pane(0), 's', '1')] })

const isStored = async (store: StateStore): Promise<void> => {
  expect(await store.partitions.progress(1)).toEqual([progressAt(1)])
  expect((await store.partitions.readPanes(0, [pane(0)])).map(e => text(e.bytes))).toEqual(['1'])
}

describe('the store in Redis, when Redis', () => {
  it('holds writes back: the call gives up, and is done once when it is sent again', async () => {
    const { url } = await start()
    const store = await open(url)
    const admin = administer(url)
    await store.partitions.claim(0, 'A')
    await admin.client('PAUSE', 600_000, 'WRITE')
    await expect(store.partitions.checkpoint(0, first)).rejects.toEqual(unavailable('timeout'))
    await admin.client('UNPAUSE')
    const { reply } = await recovered(() => store.partitions.checkpoint(0, first))
    expect(['ok', 'duplicate']).toContain(reply.kind)
    await isStored(store)
    expect(await store.partitions.checkpoint(0, checkpoint('A', 2))).toEqual({ kind: 'ok' })
  })

  it('hangs: no call does', async () => {
    const server = await start()
    const store = await open(server.url)
    await store.partitions.claim(0, 'A')
    await server.kill('SIGSTOP')
    const calls = [
      () => store.partitions.checkpoint(0, first),
      () => store.partitions.progress(3),
      () => store.partitions.readPanes(0, [pane(0)]),
      () => store.shards.rules(0),
      () => store.initialised(),
      () => open(server.url),
    ]
    for (const call of calls) await expect(call()).rejects.toThrow(StoreUnavailable)
    expect(await store.health()).toMatchObject({ kind: 'down' })
    await server.kill('SIGCONT')
    await recovered(() => store.partitions.checkpoint(0, first))
    await isStored(store)
    expect(await store.health()).toEqual({ kind: 'ok' })
  })

  it('is killed: calls fail at once, and go on with its append-only file', async () => {
    const server = await start('--appendfsync', 'always')
    const store = await open(server.url)
    await store.partitions.claim(0, 'A')
    await store.partitions.checkpoint(0, first)
    await server.kill()
    await expect(store.partitions.checkpoint(0, checkpoint('A', 2))).rejects.toEqual(unavailable('connection'))
    await expect(open(server.url)).rejects.toEqual(unavailable('connection'))
    await expect(open(server.url)).rejects.toThrow('ECONNREFUSED')
    const again = await startRedis({ port: server.port, dir: server.dir })
    undo.push(() => again.stop())
    expect(await recovered(() => store.partitions.checkpoint(0, first))).toEqual({ reply: { kind: 'duplicate' } })
    await isStored(store)
  })

  it('is out of memory: nothing of a checkpoint is written, deleting still works', async () => {
    const { url } = await start()
    const store = await open(url)
    const admin = administer(url)
    await store.partitions.claim(0, 'A')
    await store.partitions.checkpoint(0, first)
    await admin.config('SET', 'maxmemory', '1mb')
    const more = checkpoint('A', 2, { sets: [entry(pane(0), 's', '2')], deletes: [pane(0)] })
    await expect(store.partitions.checkpoint(0, more)).rejects.toEqual(unavailable('out-of-memory'))
    await expect(store.partitions.claim(1, 'A')).rejects.toEqual(unavailable('out-of-memory'))
    await isStored(store)
    expect(await store.partitions.checkpoint(0, { ...more, sets: [] })).toEqual({ kind: 'ok' })
    expect(await store.partitions.paneKeys(0)).toEqual([])
    await admin.config('SET', 'maxmemory', '0')
    expect(await store.partitions.checkpoint(0, checkpoint('A', 3))).toEqual({ kind: 'ok' })
  })

  it('became a read-only replica: refused, until it is a master again', async () => {
    const { url } = await start()
    const store = await open(url)
    const admin = administer(url)
    await store.partitions.claim(0, 'A')
    await admin.replicaof('127.0.0.1', '1')
    await expect(store.partitions.checkpoint(0, first)).rejects.toEqual(unavailable('refused'))
    await admin.replicaof('NO', 'ONE')
    await recovered(() => store.partitions.checkpoint(0, first))
    await isStored(store)
  })

  it('may evict keys: refused with the cure, and reported when it is changed later', async () => {
    const { url, port } = await start('--maxmemory-policy', 'allkeys-lru')
    await expect(open(url)).rejects.toThrow(`Redis at 127.0.0.1:${port} has maxmemory-policy allkeys-lru`)
    const admin = administer(url)
    await admin.config('SET', 'maxmemory-policy', 'noeviction')
    const store = await open(url)
    expect(await store.health()).toEqual({ kind: 'ok' })
    await admin.config('SET', 'maxmemory-policy', 'volatile-ttl')
    expect(await store.health()).toMatchObject({ kind: 'down', reason: expect.stringContaining('volatile-ttl') })
  })

  it('wants a password: says which setting is wrong, and never the password', async () => {
    const { url, port } = await start()
    await administer(url).config('SET', 'requirepass', 'right')
    const wrong = open(`redis://:wrong@127.0.0.1:${port}`)
    await expect(wrong).rejects.toThrow('redis.url')
    await expect(wrong).rejects.not.toThrow('wrong@')
  })

  it('forgets scripts: they are sent again', async () => {
    const { url } = await start()
    const store = await open(url)
    const admin = administer(url)
    await store.partitions.claim(0, 'A')
    await store.shards.claim(0, 'A')
    const calls = [
      () => store.partitions.checkpoint(0, first),
      () => store.shards.fire(0, firing('A', 1)),
      () => store.shards.trimOutbox(0, 'A', ['a']),
    ]
    for (const call of calls) {
      await admin.script('FLUSH')
      expect(await call()).toEqual({ kind: 'ok' })
    }
  })

  it('keeps what it was given for ever, under the documented names', async () => {
    const { url } = await start()
    const store = await open(url)
    const admin = administer(url)
    await store.agree({ topic: 'predictions', shardCount: 1, codecVersion: 1, time: '', models: {}, sinceMs: {} })
    await store.partitions.claim(3, 'A')
    await store.partitions.checkpoint(3, checkpoint('A', 1, { sets: [entry(pane(60_000, 2, 60_000), 's', '1')] }))
    await store.shards.claim(2, 'A')
    const outbox = [{ id: 'a', alert: '{}' }]
    await store.shards.fire(2, firing('A', 1, { rules: new Map([['r', '{}']]), outbox }))
    const keys = (await admin.keys('*')).sort()
    expect(keys).toEqual([
      '{tidemark:faults:fire:2}:meta',
      '{tidemark:faults:fire:2}:outbox',
      '{tidemark:faults:fire:2}:outbox:order',
      '{tidemark:faults:fire:2}:rules',
      '{tidemark:faults:in:predictions:3}:meta',
      '{tidemark:faults:in:predictions:3}:pane:60000:60000:2',
      '{tidemark:faults:in:predictions:3}:panes:2',
      '{tidemark:faults:in:predictions:3}:shards',
      '{tidemark:faults}:cfg',
    ])
    for (const key of keys) expect(await admin.ttl(key)).toBe(-1)
    expect(await admin.hgetall('{tidemark:faults}:cfg')).toMatchObject({ 'in:3': '1' })
  })
})

describe('the store in a Redis Cluster, when one node', () => {
  it('hangs: no call does, and all go on when it is back', async () => {
    const cluster = await startRedisCluster()
    undo.push(() => cluster.stop())
    const store = await open(`redis://${cluster.addresses[0]}`)
    const partitions = Array.from({ length: 12 }, (_, p) => p)
    await Promise.all(partitions.map(p => store.partitions.claim(p, 'A')))
    await cluster.nodes[1].kill('SIGSTOP')
    const replies = await Promise.allSettled(partitions.map(p => store.partitions.checkpoint(p, checkpoint('A', 1))))
    const failures = replies.flatMap(reply => (reply.status === 'rejected' ? [reply.reason] : []))
    expect(failures.length).toBeGreaterThan(0)
    for (const failure of failures) expect(failure).toBeInstanceOf(StoreUnavailable)
    await cluster.nodes[1].kill('SIGCONT')
    for (const p of partitions) await recovered(() => store.partitions.checkpoint(p, checkpoint('A', 1)))
    expect(await store.partitions.progress(12)).toEqual(partitions.map(() => progressAt(1)))
    expect(await store.initialised()).toEqual(new Set(partitions))
  })
})
