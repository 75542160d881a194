import { afterEach, describe, expect, test } from 'vitest'
import { createElasticsearchClient } from '../../../src/sinks/elasticsearch/client.ts'
import type { BulkDocument } from '../../../src/sinks/elasticsearch/document.ts'
import { createBulkWriter } from '../../../src/sinks/elasticsearch/writer.ts'
import { sinkContract } from '../sink-contract.ts'
import { until } from '../support.ts'
import { type BulkServer, startBulkServer } from './bulk-server.ts'

const document = (id: string, fields = {}): BulkDocument => ({ index: 'i', id, source: JSON.stringify(fields) })

const open = async (requestTimeoutMs = 30_000) => {
  const server = await startBulkServer()
  const client = createElasticsearchClient({ url: server.url }, { requestTimeoutMs })
  const slept: number[] = []
  const troubles: (string | null)[] = []
  const results: string[] = []
  const writer = createBulkWriter({
    client,
    backoff: { baseMs: 100, maxMs: 1_000 },
    random: () => 0,
    sleep: async ms => void slept.push(ms),
    nowMs: () => 0,
    onRequest: result => results.push(result),
    onTrouble: reason => troubles.push(reason),
  })
  const close = async () => {
    await client.close()
    await server.close()
  }
  return { server, writer, slept, troubles, results, close }
}

sinkContract('the Elasticsearch writer', async () => {
  const { server, writer, close } = await open()
  return {
    writer,
    good: document,
    bad: id => document(id, { 'a\0b': 1 }),
    stored: async () => [...server.stored.keys()].sort(),
    busy: async isBusy => {
      server.whole = isBusy ? { status: 503, body: 'no master' } : null
    },
    close,
  }
})

describe('the Elasticsearch writer', () => {
  const never = new AbortController().signal
  let opened: Awaited<ReturnType<typeof open>>[] = []
  const start = async (requestTimeoutMs?: number) => {
    const it = await open(requestTimeoutMs)
    opened.push(it)
    return it
  }
  afterEach(async () => {
    await Promise.all(opened.map(({ close }) => close()))
    opened = []
  })
  const ids = (server: BulkServer) => [...server.stored.keys()].sort()

  test('sends again only the documents that failed', async () => {
    const { server, writer } = await start()
    let busy = 2
    server.item = id =>
      id === 'b' && busy-- > 0
        ? { status: 429, error: { type: 'es_rejected_execution_exception', reason: 'queue full' } }
        : undefined
    expect(
      await writer.deliver(
        ['a', 'b', 'c'].map(id => document(id)),
        never,
      ),
    ).toMatchObject({ created: 3, duplicates: 0 })
    expect(server.requests).toEqual([['a', 'b', 'c'], ['b'], ['b']])
  })

  test('waits twice as long after each failure in a row, up to the limit, and starts over when something went through', async () => {
    const { server, writer, slept } = await start()
    let failures = 6
    server.item = () => (failures-- > 0 ? { status: 503 } : undefined)
    await writer.deliver([document('a')], never)
    expect(slept).toEqual([50, 100, 200, 400, 500, 500])
    failures = 1
    await writer.deliver([document('b')], never)
    expect(slept.slice(6)).toEqual([50])
  })

  test('is patient with a server that takes a few at a time: every step forward begins the wait anew', async () => {
    const { server, writer, slept } = await start()
    const refusals = new Map([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ])
    server.item = id => {
      const left = refusals.get(id) ?? 0
      refusals.set(id, left - 1)
      return left > 0 ? { status: 429 } : undefined
    }
    await writer.deliver(
      ['x', 'a', 'b', 'c'].map(id => document(id)),
      never,
    )
    expect(slept).toEqual([50, 50, 50])
  })

  test('says when trouble begins and when it is over, not at every request', async () => {
    const { server, writer, troubles, results } = await start()
    server.whole = { status: 503, body: 'no master' }
    const delivery = writer.deliver([document('a')], never)
    await until(() => server.requests.length > 3)
    server.whole = null
    await delivery
    expect(troubles).toEqual(['HTTP 503: no master', null])
    expect(new Set(results.slice(0, -1))).toEqual(new Set(['retry']))
    expect(results.at(-1)).toBe('ok')
  })

  test.each(['cut', 'half', 'garbled'] as const)(
    'an answer that was lost (%s) after the documents were stored makes no second copy',
    async whole => {
      const { server, writer } = await start()
      server.whole = whole
      const delivery = writer.deliver(
        ['a', 'b'].map(id => document(id)),
        never,
      )
      await until(() => server.requests.length > 1)
      server.whole = null
      expect(await delivery).toEqual({ kind: 'delivered', created: 0, duplicates: 2, refused: [] })
      expect(ids(server)).toEqual(['a', 'b'])
    },
  )

  test('a request that is not answered is given up after its time, and sent again', async () => {
    const { server, writer, troubles } = await start(50)
    server.whole = 'hang'
    const delivery = writer.deliver([document('a')], never)
    await until(() => server.requests.length > 0)
    server.whole = null
    expect(await delivery).toMatchObject({ kind: 'delivered', duplicates: 1 })
    expect(troubles[0]).toMatch(/^http:\/\/127.0.0.1:\d+: Headers Timeout Error$/)
  })

  test('too much at once goes in halves, down to a document that alone is too much', async () => {
    const { server, writer } = await start()
    server.maxBytes = 400
    const documents = ['a', 'b', 'c', 'd'].map(id => document(id, { x: 'x'.repeat(100) }))
    documents[2] = document('c', { x: 'x'.repeat(500) })
    const delivery = await writer.deliver(documents, never)
    expect(delivery).toEqual({
      kind: 'delivered',
      created: 3,
      duplicates: 0,
      refused: [{ position: 2, type: 'content_too_long', reason: 'HTTP 413: request entity too large' }],
    })
    expect(ids(server)).toEqual(['a', 'b', 'd'])
  })

  test('an unreachable server is waited for', async () => {
    const { server, writer, troubles } = await start()
    await server.close()
    const stop = new AbortController()
    const delivery = writer.deliver([document('a')], stop.signal)
    await until(() => troubles.length > 0)
    expect(troubles[0]).toContain('ECONNREFUSED')
    stop.abort()
    expect(await delivery).toEqual({ kind: 'stopped' })
  })
})
