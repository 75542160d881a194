import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readRange, signal } from '../../consumers/support.ts'
import { type BulkServer, startBulkServer } from '../../sinks/elasticsearch/bulk-server.ts'
import { createWorld, DEAD_LETTERS, event, NOW_MS, placeOf, type World } from './support.ts'

let server: BulkServer
let it: World
beforeEach(async () => {
  server = await startBulkServer()
})
afterEach(async () => {
  await it.close()
  expect(it.crashes).toEqual([])
  await server.close()
})

const MINUTE_MS = 60_000
const minutes = (count: number) => it.until(() => it.clock.now() > NOW_MS + count * MINUTE_MS)
const paused = async (reason: string) =>
  (await it.metric('partition_paused')).filter(line => line.includes(`reason="${reason}"`) && line.endsWith(' 1')).length
const reads = async () =>
  (await it.metric('records_read_total')).reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)

const block = (status: number) => ({
  status,
  error: {
    type: 'cluster_block_exception',
    reason: 'index [events-2026.03] blocked by: [FORBIDDEN/12/read-only / allow delete (api)];',
  },
})

type Fault = Readonly<{ name: string; says: string; begin: () => void }>
const whole = (name: string, whole: BulkServer['whole'], says: string): Fault => ({
  name,
  says,
  begin: () => {
    server.whole = whole
  },
})
const items = (name: string, reply: ReturnType<typeof block>, says: string, isHit = (_id: string) => true): Fault => ({
  name,
  says,
  begin: () => {
    server.item = id => (isHit(id) ? reply : undefined)
  },
})

const FAULTS: readonly Fault[] = [
  whole('429 for everything', { status: 429, body: '{"error":{"type":"circuit_breaking_exception"}}' }, 'HTTP 429'),
  whole('503 for everything', { status: 503, body: 'no master' }, 'HTTP 503: no master'),
  whole('502 of a proxy', { status: 502, body: '<html>' }, 'HTTP 502'),
  whole('401', { status: 401, body: '' }, 'check elasticsearch.username'),
  whole('403', { status: 403, body: '' }, 'check elasticsearch.username'),
  whole('400 for everything', { status: 400, body: 'bad request' }, 'HTTP 400: bad request'),
  whole('a connection closed before the answer', 'cut', 'other side closed'),
  whole('a connection closed in the middle of the answer', 'half', ''),
  whole('an answer that is no answer', 'garbled', 'this is no answer to'),
  items('a disk at its flood stage (403)', block(403), '403 cluster_block_exception'),
  items('a disk at its flood stage (429)', block(429), '429 cluster_block_exception'),
  items(
    'missing shards',
    { status: 503, error: { type: 'unavailable_shards_exception', reason: 'r' } },
    '503 unavailable_shards',
  ),
  items('a full queue for some', { status: 429, error: { type: 'busy', reason: 'full' } }, '429 busy', id => /[13579]$/.test(id)),
]

describe('whatever Elasticsearch answers for minutes, each event is there once when it is over', () => {
  test.each(FAULTS)('$name', async ({ begin, says }) => {
    it = await createWorld({ url: server.url, partitions: 3 })
    const poison = '{"a\\u0000b":1}'
    const archive = it.start()
    await it.until(() => archive.health().kind === 'ok')
    begin()
    await it.append(...Array.from({ length: 60 }, (_, i) => event(i === 31 ? poison : `{"i":${i}}`, i % 3)))
    await it.until(() => archive.health().kind === 'down' && JSON.stringify(archive.health()).includes(says))
    await minutes(10)
    expect(archive.health().kind).toBe('down')
    expect(await it.committed()).toEqual({ 0: 0n, 1: 0n, 2: 0n })
    await it.until(async () => (await paused('elasticsearch')) === 3)
    server.whole = null
    server.item = () => undefined
    await it.until(async () => Object.values(await it.committed()).every(offset => offset === 20n))
    expect(server.stored.size).toBe(59)
    const letters = await readRange(await it.log.reader({ topic: DEAD_LETTERS, partition: 0 }), 0, 1)
    expect(letters.map(({ value }) => value)).toEqual([poison])
    expect((await (await it.log.reader({ topic: DEAD_LETTERS, partition: 0 })).range()).highOffset).toBe(1)
    expect(archive.health()).toEqual({ kind: 'ok' })
    expect(await paused('elasticsearch')).toBe(0)
    const troubles = it.logged.filter(({ message }) => String(message).includes('does not take documents'))
    // once; again where an answer that was on its way came after another partition's success
    expect(troubles.length).toBeLessThanOrEqual(3)
  })

  test('nobody listening', async () => {
    const { url } = server
    await server.close()
    it = await createWorld({ url })
    await it.append('{"i":0}', '{"i":1}')
    const archive = it.start()
    await it.until(() => JSON.stringify(archive.health()).includes('ECONNREFUSED'))
    await minutes(10)
    expect(JSON.stringify(archive.health())).toContain('ECONNREFUSED')
    server = await startBulkServer(Number(new URL(url).port))
    await it.until(() => server.stored.size === 2)
    await it.until(() => archive.health().kind === 'ok')
  })
})

describe('documents that are refused for now are sent again, those alone, until they are taken', () => {
  test('whichever they are, and in whatever order they are taken', async () => {
    it = await createWorld({ url: server.url })
    await it.append(...Array.from({ length: 8 }, (_, i) => `{"i":${i}}`))
    const refusals = new Map([1, 2, 5, 7].map((offset, i) => [`predictions-0-${offset}`, [3, 1, 2, 1][i]]))
    server.item = id => {
      const left = refusals.get(placeOf(id)) ?? 0
      refusals.set(placeOf(id), left - 1)
      return left > 0 ? { status: 429, error: { type: 'busy', reason: 'full' } } : undefined
    }
    it.start()
    await it.until(async () => (await it.committed())[0] === 8n)
    const offsets = server.requests.map(request => request.map(id => Number(id.slice(id.lastIndexOf('-') + 1))))
    expect(offsets).toEqual([[0, 1, 2, 3, 4, 5, 6, 7], [1, 2, 5, 7], [1, 5], [1]])
  })
})

describe('memory', () => {
  const LIMIT = 8 * 1024 * 1024
  const PARTITIONS = 12
  const EACH = 300
  const open = async () => {
    it = await createWorld({ url: server.url, partitions: PARTITIONS, memoryBytes: LIMIT })
    const pad = 'x'.repeat(1_000)
    return () =>
      it.append(...Array.from({ length: PARTITIONS * EACH }, (_, i) => event(`{"i":${i},"pad":"${pad}"}`, i % PARTITIONS)))
  }
  const whileWaking = (condition: () => boolean | Promise<boolean>) =>
    it.until(() => {
      it.log.wake() // a broker ends a fetch at the log's end after half a second
      return condition()
    })

  test('stays within its budget while Elasticsearch is down: then nothing is fetched, until all goes on by itself', async () => {
    const fill = await open()
    const archive = it.start()
    await whileWaking(() => archive.health().kind === 'ok')
    server.whole = { status: 503, body: 'no master' }
    await fill()
    await whileWaking(async () => (await paused('memory-budget')) > 0 && (await paused('elasticsearch')) > 0)
    await whileWaking(() => it.clock.now() > NOW_MS + MINUTE_MS)
    const waiting = async () => (await paused('memory-budget')) + (await paused('elasticsearch'))
    await whileWaking(async () => (await waiting()) === PARTITIONS)
    const before = await reads()
    await whileWaking(() => it.clock.now() > NOW_MS + 10 * MINUTE_MS)
    expect(await reads()).toBe(before)
    expect(before).toBeLessThan(PARTITIONS * EACH)
    expect(await waiting()).toBe(PARTITIONS)
    expect(archive.health().kind).toBe('down')
    server.whole = null
    await whileWaking(async () => Object.values(await it.committed()).every(offset => offset === BigInt(EACH)))
    expect(server.stored.size).toBe(PARTITIONS * EACH)
    expect(it.peak.bytes).toBeGreaterThan(LIMIT / 4)
    expect(it.peak.bytes).toBeLessThanOrEqual(LIMIT)
    await whileWaking(async () => (await paused('memory-budget')) === 0)
    expect(archive.health()).toEqual({ kind: 'ok' })
    await archive.stop()
    expect(it.usedBytes()).toBe(0)
  })

  test('that is used up for long is said, though Elasticsearch complains of nothing', async () => {
    const fill = await open()
    await fill()
    const gate = signal()
    server.gate = gate.happened
    const archive = it.start()
    await whileWaking(async () => (await paused('memory-budget')) > 0)
    expect(archive.health()).toEqual({ kind: 'ok' })
    await whileWaking(() => archive.health().kind === 'down')
    expect(JSON.stringify(archive.health())).toMatch(/predictions-\d+ waits \(memory-budget\): \d+ of 8388608 bytes are used/)
    gate.happen()
    await whileWaking(() => server.stored.size === PARTITIONS * EACH)
    expect(archive.health()).toEqual({ kind: 'ok' })
  })

  test('a record that is larger than what a request may hold is archived all the same', async () => {
    it = await createWorld({ url: server.url, memoryBytes: 64 * 1024 })
    await it.append('{"i":0}', `{"pad":"${'x'.repeat(200_000)}"}`, '{"i":2}')
    it.start()
    await it.until(async () => (await it.committed())[0] === 3n)
    expect(server.stored.size).toBe(3)
  })

  test('of dead letters that wait is counted', async () => {
    it = await createWorld({ url: server.url, deadLetters: false })
    await it.append(`{"a\\u0000b":"${'x'.repeat(5_000)}"}`)
    it.start()
    const letters = async () =>
      Number((await it.metric('budget_used_bytes')).find(line => line.includes('"dead-letters"'))?.split(' ')[1])
    await it.until(async () => (await paused('dead-letters')) === 1)
    expect(await letters()).toBeGreaterThan(5_000)
    await it.ensure(DEAD_LETTERS, 1)
    await it.until(async () => (await it.committed())[0] === 1n)
    expect(await letters()).toBe(0)
  })
})
