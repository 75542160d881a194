import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { createElasticsearchClient, type ElasticsearchClient } from '../../../src/sinks/elasticsearch/client.ts'
import { type BulkDocument, monthlyIndex } from '../../../src/sinks/elasticsearch/document.ts'
import { installTemplate, loadIndexTemplate } from '../../../src/sinks/elasticsearch/template.ts'
import { createBulkWriter } from '../../../src/sinks/elasticsearch/writer.ts'
import { sinkContract } from '../../sinks/sink-contract.ts'
import { stack } from '../../support/stack.ts'
import { ownIndex } from './support.ts'

const openIndex = async () => {
  const own = ownIndex()
  const client = createElasticsearchClient({ url: stack().elasticsearchUrl })
  expect(await installTemplate(client, own.index, await loadIndexTemplate(own.index))).toEqual({ kind: 'ok' })
  const close = async () => {
    await own.close()
    await client.close()
  }
  return { ...own, client, today: monthlyIndex(own.index, Date.UTC(2026, 2)), close }
}

const writerOf = (client: ElasticsearchClient) =>
  createBulkWriter({
    client,
    backoff: { baseMs: 20, maxMs: 100 },
    random: () => 0,
    sleep: systemClock.sleep,
    nowMs: systemClock.now,
    onRequest: () => {},
    onTrouble: () => {},
  })

sinkContract('the Elasticsearch writer, on the real one,', async () => {
  const { today, client, request, find, close } = await openIndex()
  await request('PUT', `/${today}`)
  const good = (id: string): BulkDocument => ({ index: today, id, source: JSON.stringify({ id, time: 1 }) })
  return {
    writer: writerOf(client),
    good,
    bad: id => ({ ...good(id), source: JSON.stringify({ features: { 'a\0b': 1 } }) }),
    stored: () => find(),
    // What a disk at its flood stage does to an index.
    busy: async isBusy => {
      await request('PUT', `/${today}/_settings`, { 'index.blocks.read_only_allow_delete': isBusy ? true : null })
    },
    close,
  }
})

describe('the index template, on the real Elasticsearch', () => {
  let open: Awaited<ReturnType<typeof openIndex>>
  const never = new AbortController().signal
  const sources: Readonly<Record<string, unknown>> = {
    a: {
      id: 'a',
      time: Date.UTC(2026, 2, 1),
      model: 'm',
      version: 'v1',
      prediction: 0.75,
      features: { temp: 20.5, sky: 'clear', wind: null, wet: false, embedding: [0.25, 0.5] },
      segments: { market: 'de' },
      scores: { yes: 0.9 },
      metadata: { 'trace.id': 't-1', note: 'y'.repeat(50_000) },
      usage: { cpuMs: 3 },
      attributions: { temp: 0.5 },
      ruleEffects: [{ rule: 'cap', effect: 'changed', before: '2', after: '1' }],
      build: { service: 's', commit: 'c0ffee', image: '', dataVersion: '' },
      latencyMs: 12.5,
      tidemark: { topic: 'predictions', partition: 0, offset: 9, recordTime: Date.UTC(2026, 2, 2) },
    },
    b: {
      id: 'b',
      time: Date.UTC(2026, 2, 3),
      prediction: 'yes',
      features: { temp: 7 },
      latencyMs: null,
      extra: { of: 'a gateway' },
    },
    c: { id: 'c', time: Date.UTC(1969, 0), prediction: true, features: {}, latencyMs: 'NaN' },
  }
  beforeAll(async () => {
    open = await openIndex()
    const documents = Object.entries(sources).map(([id, source]) => ({ index: open.today, id, source: JSON.stringify(source) }))
    const delivery = await writerOf(open.client).deliver(documents, never)
    expect(delivery).toEqual({ kind: 'delivered', created: 3, duplicates: 0, refused: [] })
  })
  afterAll(() => open.close())

  test.each([
    ['a feature by its value', { term: { 'features.temp': '20.5' } }, ['a']],
    ['a feature by what people type in Kibana', { query_string: { query: 'features.sky:clear' } }, ['a']],
    ['a feature of any kind', { term: { 'features.wet': 'false' } }, ['a']],
    ['all that have a feature', { exists: { field: 'features.temp' } }, ['a', 'b']],
    ['metadata, whatever its keys', { term: { 'metadata.trace.id': 't-1' } }, ['a']],
    ['a segment', { term: { 'segments.market': 'de' } }, ['a']],
    ['a prediction that is text', { term: { prediction: 'yes' } }, ['b']],
    ['a prediction that is a boolean', { term: { prediction: 'true' } }, ['c']],
    ['predictions in a range', { range: { 'prediction.number': { gte: 0.5, lt: 1 } } }, ['a']],
    ['events of a time', { range: { time: { gte: '2026-03-02', lt: '2026-03-04' } } }, ['b']],
    ['events before 1970', { range: { time: { lt: 0 } } }, ['c']],
    ['records of a time', { range: { 'tidemark.recordTime': { gte: '2026-03-02' } } }, ['a']],
    ['a record by its offset', { term: { 'tidemark.offset': 9 } }, ['a']],
    ['latencies in a range', { range: { latencyMs: { gt: 10 } } }, ['a']],
    ['what a business rule changed', { term: { 'ruleEffects.effect': 'changed' } }, ['a']],
    ['a build', { term: { 'build.commit': 'c0ffee' } }, ['a']],
  ])('finds %s', async (_what, query, ids) => {
    expect(await open.find(query)).toEqual(ids)
  })

  test('keeps what it does not map in the document, and out of the mapping', async () => {
    expect(await open.request('GET', `/${open.today}/_doc/b`)).toMatchObject({ _source: sources.b })
    const mapping = JSON.stringify(await open.request('GET', `/${open.today}/_mapping`))
    expect(mapping).not.toContain('extra')
    expect(mapping).not.toContain('trace')
  })

  test('can be put again, over an older one', async () => {
    expect(await installTemplate(open.client, open.index, await loadIndexTemplate(open.index))).toEqual({ kind: 'ok' })
  })
})
