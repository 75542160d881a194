import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTopicEncoder } from '../../../src/events/avro/topic-encoder.ts'
import type { Prediction } from '../../../src/events/prediction.ts'
import { PREDICTION_DEFAULTS } from '../../../src/events/prediction-defaults.ts'
import { createMemoryRegistry } from '../../../src/events/registry.ts'
import { createTranscode } from '../../../src/roles/archive/transcode.ts'
import { readRange } from '../../consumers/support.ts'
import { createWorld, DEAD_LETTERS, placeOf, TOPIC, type World } from '../../roles/archive/support.ts'
import { stack } from '../../support/stack.ts'
import { ownIndex } from './support.ts'

const prediction = (some: Partial<Prediction>): Prediction => ({
  ...PREDICTION_DEFAULTS,
  id: 'p',
  time: Date.UTC(2026, 2, 31),
  model: 'm',
  version: 'v1',
  context: 'home',
  ...some,
})

let own: ReturnType<typeof ownIndex>
let world: World
beforeEach(async () => {
  own = ownIndex()
  world = await createWorld({ url: stack().elasticsearchUrl, index: own.index, partitions: 2, log: { fetchMaxBytes: 10_000 } })
})
afterEach(async () => {
  await world.close()
  await own.close()
  expect(world.crashes).toEqual([])
})

const places = async (query?: unknown) => (await own.find(query)).map(placeOf)

/** A registry, a gateway that writes by it, and archives that read by it. */
const open = async () => {
  const registry = createMemoryRegistry()
  const encode = await createTopicEncoder('prediction', TOPIC, registry)
  const send = (predictions: readonly Prediction[]) =>
    world.append(...predictions.map((one, i) => ({ key: one.id, value: encode(one), partition: i % 2 })))
  const start = (log = world.log.client()) =>
    world.start({ log, transcode: createTranscode(registry, { clock: world.clock, logger: { warn: () => {} } }) })
  const archived = (offset: bigint) =>
    world.until(async () => (await world.committed())[0] === offset && (await world.committed())[1] === offset)
  return { send, start, archived }
}

describe('the archive, on the real Elasticsearch,', () => {
  test('has each event once, however often it was replayed', async () => {
    const { send, start, archived } = await open()
    await send(Array.from({ length: 2_000 }, (_, i) => prediction({ id: `p${i}` })))
    for (const committed of [0n, 0n, 400n]) {
      const archive = start()
      await archived(1_000n)
      await archive.stop()
      expect(await own.find()).toHaveLength(2_000)
      await world.commit(
        new Map([
          [0, committed],
          [1, committed],
        ]),
      )
    }
    expect(await world.metric('archive_documents_total{outcome="duplicate"}')).toEqual([
      'tidemark_process_archive_documents_total{outcome="duplicate"} 4000',
    ])
    expect(await places({ term: { id: 'p0' } })).toEqual(['predictions-0-0'])
    expect(await places({ term: { id: 'p1999' } })).toEqual(['predictions-1-999'])
  })

  test('is searched by features, of which every gateway may have its own', async () => {
    const { send, start, archived } = await open()
    await send([
      prediction({ id: 'warm', features: { x: 20.5, sky: 'clear' } }),
      prediction({ id: 'cold', features: { x: -3, only_here: true, embedding: [0.5, 0.25] } }),
    ])
    start()
    await archived(1n)
    expect(await places({ term: { 'features.x': '20.5' } })).toEqual(['predictions-0-0'])
    expect(await places({ query_string: { query: 'features.only_here:true AND model:m' } })).toEqual(['predictions-1-0'])
    expect(await places({ exists: { field: 'features.x' } })).toEqual(['predictions-0-0', 'predictions-1-0'])
  })

  test('dead-letters what an index refuses, and goes on', async () => {
    // An index that someone made before the archive, with a type that predictions do not fit.
    await own.request('PUT', `/${own.index}-2026.03`, { mappings: { properties: { context: { type: 'date' } } } })
    const { send, start, archived } = await open()
    await send([
      prediction({ id: 'fits', context: '2026-03-01' }),
      prediction({ id: 'fits too', context: '2026-03-02' }),
      prediction({ id: 'does not', context: 'home' }),
      prediction({ id: 'fits as well', context: '2026-03-02' }),
    ])
    start()
    await archived(2n)
    expect(await places()).toEqual(['predictions-0-0', 'predictions-1-0', 'predictions-1-1'])
    const letters = await readRange(await world.log.reader({ topic: DEAD_LETTERS, partition: 0 }), 0, 1)
    expect(letters.map(({ key }) => key)).toEqual(['does not'])
    const headers = Buffer.from(letters[0].headers, 'hex').toString('utf8')
    expect(headers).toContain('failed to parse field [context] of type [date]')
    expect(headers).toContain('document_parsing_exception')
  })

  test('waits while the index is read-only, and goes on by itself', async () => {
    const { send, start, archived } = await open()
    await send([prediction({ id: 'a' }), prediction({ id: 'b' })])
    const archive = start()
    await archived(1n)
    await own.request('PUT', `/${own.index}-2026.03/_settings`, { 'index.blocks.read_only_allow_delete': true })
    await send([prediction({ id: 'c' }), prediction({ id: 'd' })])
    await world.until(() => archive.health().kind === 'down')
    expect(JSON.stringify(archive.health())).toContain('cluster_block_exception')
    await own.request('PUT', `/${own.index}-2026.03/_settings`, { 'index.blocks.read_only_allow_delete': null })
    await archived(2n)
    expect(await own.find()).toHaveLength(4)
    expect(archive.health()).toEqual({ kind: 'ok' })
  })
})
