import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Log } from '../../src/consumers/log.ts'
import { markerHeaders } from '../../src/consumers/marker.ts'
import { readRange, signal } from '../consumers/support.ts'
import { type BulkServer, startBulkServer } from '../sinks/elasticsearch/bulk-server.ts'
import { createWorld, DEAD_LETTERS, event, placeOf, TOPIC, type World } from './archive/support.ts'

let server: BulkServer
const worlds: World[] = []
const world = async (settings: Partial<Parameters<typeof createWorld>[0]> = {}): Promise<World> => {
  const made = await createWorld({ url: server.url, ...settings })
  worlds.push(made)
  return made
}
beforeEach(async () => {
  server = await startBulkServer()
})
afterEach(async () => {
  for (const made of worlds.splice(0)) {
    await made.close()
    expect(made.crashes).toEqual([])
  }
  await server.close()
})

const ids = () => [...server.stored.keys()].map(placeOf).sort()
const letters = async ({ log }: World) => {
  const reader = await log.reader({ topic: DEAD_LETTERS, partition: 0 })
  const { lowOffset, highOffset } = await reader.range()
  return readRange(reader, lowOffset, highOffset)
}

describe('every event', () => {
  test('becomes a document with its place in the log, in the index of its month, and is then committed', async () => {
    const { log, start, append, until, committed } = await world()
    const topicId = await log.topicId(TOPIC)
    await append('{"id":"a"}', '{"id":"b","x":1}')
    start()
    await until(async () => (await committed())[0] === 2n)
    expect([...server.stored.values()]).toEqual([
      {
        index: 'events-2026.03',
        id: `predictions-${topicId}-0-0`,
        source: { id: 'a', tidemark: { topic: TOPIC, partition: 0, offset: 0, recordTime: Date.parse('2026-03-15T12:00:00Z') } },
      },
      { index: 'events-2026.03', id: `predictions-${topicId}-0-1`, source: expect.objectContaining({ id: 'b', x: 1 }) },
    ])
  })

  test('comes after the index template, which says how it is mapped', async () => {
    const { start, append, until } = await world()
    await append('{}')
    const templates: number[] = []
    server.item = () => void templates.push(server.templates.size)
    start()
    await until(() => server.stored.size === 1)
    expect(templates).toEqual([1])
  })

  test('of every partition is archived, however many there are', async () => {
    const warnings: Error[] = []
    const warn = (warning: Error) => warnings.push(warning)
    process.on('warning', warn)
    const { start, append, until, committed } = await world({ partitions: 30 })
    await append(event('{}', 0), event('{}', 1), event('{}', 1), event('{}', 29))
    const archive = start()
    await until(() => server.stored.size === 4)
    expect(ids()).toEqual(['predictions-0-0', 'predictions-1-0', 'predictions-1-1', 'predictions-29-0'])
    await until(async () => Object.values(await committed()).filter(offset => offset > 0n).length === 3)
    expect(await committed()).toMatchObject({ 0: 1n, 1: 2n, 2: 0n, 29: 1n })
    await archive.stop()
    process.off('warning', warn)
    expect(warnings).toEqual([])
  })

  test('that comes later is archived later', async () => {
    const { start, append, until } = await world()
    start()
    await append('{}')
    await until(() => server.stored.size === 1)
    await append('{}', '{}')
    await until(() => server.stored.size === 3)
  })

  test('goes in requests of at most a thousand', async () => {
    const { start, append, until, committed } = await world()
    await append(...Array.from({ length: 2_500 }, () => '{}'))
    start()
    await until(async () => (await committed())[0] === 2_500n)
    expect(server.requests.map(({ length }) => length)).toEqual([1_000, 1_000, 500])
    expect(server.stored.size).toBe(2_500)
  })
})

describe('what is no event', () => {
  test('a marker or a tombstone is stepped over; what cannot be decoded is counted and left to the monitor', async () => {
    const it = await world()
    await it.append('{}', null, { key: null, value: null, headers: markerHeaders(5), partition: 0 }, '!garbage', '{}')
    it.start()
    await it.until(async () => (await it.committed())[0] === 5n)
    expect(ids()).toEqual(['predictions-0-0', 'predictions-0-4'])
    expect(await it.metric('archive_documents_total')).toEqual([
      'tidemark_process_archive_documents_total{outcome="skipped"} 2',
      'tidemark_process_archive_documents_total{outcome="undecodable"} 1',
      'tidemark_process_archive_documents_total{outcome="created"} 2',
      'tidemark_process_archive_documents_total{outcome="duplicate"} 0',
      'tidemark_process_archive_documents_total{outcome="refused"} 0',
    ])
    expect(await letters(it)).toEqual([])
  })

  test('a schema that cannot be fetched now is waited for', async () => {
    const it = await world()
    await it.append('{}')
    let known = false
    const archive = it.start({
      transcode: async () => (known ? { kind: 'json', text: '{}' } : { kind: 'unavailable', reason: 'registry down' }),
    })
    await it.until(() => archive.health().kind === 'down' && JSON.stringify(archive.health()).includes('registry'))
    expect(archive.health()).toEqual({ kind: 'down', reason: 'predictions-0 waits (schema-registry): registry down' })
    known = true
    await it.until(() => server.stored.size === 1)
    expect(archive.health()).toEqual({ kind: 'ok' })
  })
})

describe('what Elasticsearch will never take', () => {
  test('becomes a dead letter, byte for byte, before its offset is committed; its neighbours are stored', async () => {
    const it = await world()
    const poison = '{"features":{"a\\u0000b":1}}'
    await it.append('{}', { key: 'k1', value: Buffer.from(poison), headers: { trace: 't1' }, partition: 0 }, '{}')
    it.start()
    await it.until(async () => (await it.committed())[0] === 3n)
    expect(ids()).toEqual(['predictions-0-0', 'predictions-0-2'])
    const [letter, ...others] = await letters(it)
    expect(others).toEqual([])
    expect(letter).toMatchObject({ key: 'k1', value: poison })
    const headers = Buffer.from(letter.headers, 'hex').toString('latin1')
    for (const part of ['trace', 't1', 'elasticsearch', 'document_parsing_exception', 'cannot contain the reserved character'])
      expect(headers).toContain(part)
    expect(await it.metric('dead_letters_total')).toEqual([
      'tidemark_process_dead_letters_total{reason="document_parsing_exception"} 1',
    ])
  })

  test('waits, uncommitted, while the dead letters cannot be written', async () => {
    const it = await world({ deadLetters: false })
    await it.append('{"a\\u0000b":1}', '{}')
    const archive = it.start()
    await it.until(() => JSON.stringify(archive.health()).includes('dead-letters'))
    expect(await it.committed()).toEqual({ 0: 0n })
    await it.ensure(DEAD_LETTERS, 1)
    await it.until(async () => (await it.committed())[0] === 2n)
    expect(await letters(it)).toHaveLength(1)
    expect(archive.health()).toEqual({ kind: 'ok' })
  })
})

describe('while Elasticsearch is down', () => {
  test('memory is bounded, nothing is committed, membership is kept; afterwards it goes on by itself', async () => {
    const it = await world({ partitions: 2, log: { fetchMaxBytes: 1_000 } })
    await it.append(...Array.from({ length: 200 }, (_, i) => event(`{"i":${i},"pad":"${'x'.repeat(80)}"}`, i % 2)))
    const archive = it.start()
    await it.until(() => server.stored.size > 10)
    server.whole = { status: 503, body: 'no master' }
    await it.until(() => archive.health().kind === 'down')
    expect(archive.health()).toEqual({ kind: 'down', reason: 'HTTP 503: no master' })
    await it.until(() => server.requests.length > 30)
    const before = await it.committed()
    const asked = new Set(server.requests.slice(-20).map(request => request.join()))
    expect(asked.size).toBeLessThanOrEqual(2) // one request a partition, the same again and again
    expect(await it.metric('dependency_up')).toEqual(['tidemark_process_dependency_up{dependency="elasticsearch"} 0'])
    await it.until(() => server.requests.length > 40)
    expect(await it.committed()).toEqual(before)
    server.whole = null
    await it.until(async () => Object.values(await it.committed()).every(offset => offset === 100n))
    expect(server.stored.size).toBe(200)
    expect(archive.health()).toEqual({ kind: 'ok' })
  })

  test('from the start, it says so and begins when it is up', async () => {
    const it = await world()
    await it.append('{}')
    server.whole = { status: 502, body: '' }
    const archive = it.start()
    expect(archive.health()).toEqual({ kind: 'down', reason: 'starting: index template events is not yet installed' })
    await it.until(() => JSON.stringify(archive.health()).includes('HTTP 502'))
    server.whole = null
    await it.until(() => server.stored.size === 1)
    expect(archive.health()).toEqual({ kind: 'ok' })
  })

  test('for some documents only, only those are sent again', async () => {
    const it = await world()
    let busy = 1
    server.item = id => (id.endsWith('-1') && busy-- > 0 ? { status: 429, error: { type: 'busy', reason: 'full' } } : undefined)
    await it.append('{}', '{}', '{}')
    it.start()
    await it.until(async () => (await it.committed())[0] === 3n)
    const asked = server.requests.map(request => request.map(placeOf))
    expect(asked).toEqual([['predictions-0-0', 'predictions-0-1', 'predictions-0-2'], ['predictions-0-1']])
  })
})

describe('each event is there once', () => {
  test('after a crash between the acknowledgement and the commit', async () => {
    const it = await world()
    await it.append('{}', '{}')
    const crashed = it.log.client()
    it.start({ log: crashed })
    // The clock moves only until the first documents are there: no commit is due yet.
    await it.until(() => server.stored.size === 2)
    await crashed.close()
    expect(await it.committed()).toEqual({ 0: 0n })
    await it.append('{}')
    it.start()
    await it.until(async () => (await it.committed())[0] === 3n)
    expect(ids()).toEqual(['predictions-0-0', 'predictions-0-1', 'predictions-0-2'])
    expect(server.requests.flat().filter(id => placeOf(id) === 'predictions-0-0')).toHaveLength(2)
  })

  test('whoever joins and leaves', async () => {
    const it = await world({ partitions: 2, log: { fetchMaxBytes: 200 } })
    const append = (n: number) => it.append(...Array.from({ length: n }, (_, i) => event(`{"i":${i}}`, i % 2)))
    await append(100)
    const first = it.start()
    await it.until(() => server.stored.size > 10)
    const second = it.start({ log: it.log.client() })
    await append(100)
    await it.until(() => server.stored.size > 120)
    await first.stop()
    await append(100)
    await it.until(async () => Object.values(await it.committed()).every(offset => offset === 150n))
    expect(server.stored.size).toBe(300)
    expect(second.health()).toEqual({ kind: 'ok' })
  })

  test('where it stands is asked again when the group could not say', async () => {
    const it = await world()
    await it.append('{}', '{}')
    await it.commit(new Map([[0, 1n]]))
    let failures = 2
    const membership: Log['membership'] = options => {
      const inner = it.log.membership(options)
      return {
        ...inner,
        committed: partitions =>
          failures-- > 0 ? Promise.reject(new Error('coordinator is loading')) : inner.committed(partitions),
      }
    }
    const archive = it.start({ log: { ...it.log, membership } })
    await it.until(() => JSON.stringify(archive.health()).includes('coordinator is loading'))
    await it.until(async () => (await it.committed())[0] === 2n)
    expect(ids()).toEqual(['predictions-0-1'])
    expect(archive.health()).toEqual({ kind: 'ok' })
  })

  test('and none is skipped that came while nobody archived', async () => {
    const it = await world()
    await it.append('{}')
    const archive = it.start({ startAt: { kind: 'latest' } })
    await it.until(async () => (await it.committed())[0] === 1n)
    await archive.stop()
    await it.append('{}')
    it.start({ startAt: { kind: 'latest' } })
    await it.until(() => server.stored.size > 0)
    expect(ids()).toEqual(['predictions-0-1'])
  })
})

describe('the log', () => {
  test('that lost records to retention is read on from where it begins now, and the gap is counted', async () => {
    const it = await world()
    await it.append('{}', '{}', '{}', '{}')
    await it.commit(new Map([[0, 1n]]))
    it.log.deleteRecords({ topic: TOPIC, partition: 0 }, 3)
    it.start()
    await it.until(async () => (await it.committed())[0] === 4n)
    expect(ids()).toEqual(['predictions-0-3'])
    expect(await it.metric('gap_records_total')).toEqual([
      'tidemark_process_gap_records_total{role="archive",topic="predictions",partition="0"} 2',
    ])
    expect(it.logged).toContainEqual(expect.objectContaining({ records: 2, offset: 1, goesOnAt: 3 }))
  })

  test('that is shorter than what was archived is sent again from its beginning, and the gap is counted', async () => {
    const it = await world()
    await it.append('{}', '{}')
    await it.commit(new Map([[0, 7n]]))
    const archive = it.start()
    await it.until(async () => (await it.committed())[0] === 2n)
    expect(ids()).toEqual(['predictions-0-0', 'predictions-0-1'])
    expect(await it.metric('gap_records_total')).toEqual([
      'tidemark_process_gap_records_total{role="archive",topic="predictions",partition="0"} 5',
    ])
    expect(it.logged).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('the log ends before'), records: 5, offset: 7, goesOnAt: 0 }),
    )
    expect(archive.health()).toEqual({ kind: 'ok' })
  })
})

describe('stop', () => {
  test('lets the request under way finish, and commits it', async () => {
    const it = await world()
    await it.append('{}', '{}')
    const gate = signal()
    server.gate = gate.happened
    const archive = it.start()
    await it.until(() => server.requests.length === 1)
    const stopping = archive.stop()
    gate.happen()
    await stopping
    expect(server.stored.size).toBe(2)
    expect(await it.committed()).toEqual({ 0: 2n })
  })

  test('does not wait for ever for an answer, and does not commit what was not acknowledged', async () => {
    const it = await world()
    await it.append('{}')
    server.gate = new Promise(() => {})
    const archive = it.start()
    await it.until(() => server.requests.length > 0)
    let stopped = false
    const stopping = archive.stop(5_000).then(() => {
      stopped = true
    })
    await it.until(() => stopped)
    await stopping
    expect(await it.committed()).toEqual({ 0: 0n })
    server.gate = null
    it.start()
    await it.until(async () => (await it.committed())[0] === 1n)
    expect(ids()).toEqual(['predictions-0-0'])
  })

  test('while Elasticsearch is down leaves the rest to the next start', async () => {
    const it = await world()
    server.whole = { status: 503, body: '' }
    await it.append('{}')
    const archive = it.start()
    await it.until(() => archive.health().kind === 'down')
    await archive.stop()
    server.whole = null
    it.start()
    await it.until(() => server.stored.size === 1)
  })
})
