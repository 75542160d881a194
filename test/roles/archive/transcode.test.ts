import { beforeEach, describe, expect, test } from 'vitest'
import { codecs } from '../../../src/events/avro/codec.ts'
import { frame } from '../../../src/events/avro/frame.ts'
import type { Prediction } from '../../../src/events/prediction.ts'
import { createMemoryRegistry, type MemoryRegistry } from '../../../src/events/registry.ts'
import { SCHEMAS } from '../../../src/events/schemas.ts'
import { createTranscode, type Transcode } from '../../../src/roles/archive/transcode.ts'
import { createManualClock, type ManualClock } from './manual-clock.ts'

const prediction: Prediction = {
  id: 'p1',
  time: 1_700_000_000_000,
  model: 'm',
  version: 'v1',
  context: 'home "page"',
  operation: '',
  gateway: 'g',
  requestId: null,
  role: 'canary',
  segments: { market: 'de' },
  features: { temp: 20.5, sky: 'clear', wind: null, wet: true, embedding: [0.25, -1] },
  prediction: 'yes',
  scores: { yes: 0.9 },
  itemCount: 3,
  items: ['a', 'b'],
  latencyMs: 12.5,
  error: null,
  fallback: false,
  ruleEffects: [{ rule: 'cap', effect: 'none', before: null, after: 'é' }],
  attributions: {},
  usage: { cpuMs: 3 },
  metadata: { note: 'line\nbreak' },
  build: { service: 's', commit: 'c', image: '', dataVersion: '' },
  sampled: true,
}

let registry: MemoryRegistry
let transcode: Transcode
let clock: ManualClock
let warnings: unknown[]
beforeEach(() => {
  registry = createMemoryRegistry()
  clock = createManualClock(0)
  warnings = []
  transcode = createTranscode(registry, { clock, logger: { warn: (fields: unknown) => void warnings.push(fields) } })
})

const all = (value: Buffer) => transcode(value, 0, value.length)

describe('a record’s value as JSON', () => {
  test('has every field, unions unwrapped, as the same event has in a file', async () => {
    const id = await registry.register('predictions-value', SCHEMAS.prediction)
    const result = await all(frame(id, codecs.prediction.encode(prediction)))
    if (result.kind !== 'json') throw new Error(JSON.stringify(result))
    expect(JSON.parse(result.text)).toEqual(prediction)
  })

  test('is read from its place among others', async () => {
    const id = await registry.register('predictions-value', SCHEMAS.prediction)
    const value = frame(id, codecs.prediction.encode(prediction))
    const bytes = Buffer.concat([Buffer.from('before'), value, Buffer.from('after')])
    expect(await transcode(bytes, 6, 6 + value.length)).toMatchObject({ kind: 'json' })
    expect(await transcode(bytes, 6, 7 + value.length)).toMatchObject({ kind: 'undecodable' })
  })

  test('waits for nothing once its schema is known', async () => {
    const id = await registry.register('predictions-value', SCHEMAS.prediction)
    const value = frame(id, codecs.prediction.encode(prediction))
    await all(value)
    registry.setDown(true)
    expect(all(value)).toMatchObject({ kind: 'json' })
  })
})

describe('what cannot be decoded is a value with a reason', () => {
  test.each([
    ['nothing', Buffer.alloc(0)],
    ['four bytes', Buffer.from([0, 0, 0, 0])],
    ['text', Buffer.from('{"id":"a"}')],
  ])('%s', async (_what, bytes) => {
    expect(await all(bytes)).toMatchObject({ kind: 'undecodable', reason: expect.stringMatching(/./) })
  })

  test('bytes of another schema, cut off, or with more behind them', async () => {
    const id = await registry.register('predictions-value', SCHEMAS.prediction)
    const value = frame(id, codecs.prediction.encode(prediction))
    for (const bad of [value.subarray(0, -3), Buffer.concat([value, Buffer.from([1])]), frame(id, Buffer.from([0xff, 0xff]))])
      expect(await all(bad)).toMatchObject({ kind: 'undecodable', reason: expect.stringMatching(/./) })
  })

  test('a schema that is not of a record, or that cannot be read', async () => {
    const id = await registry.register('predictions-value', '"string"')
    expect(await all(frame(id, Buffer.from([2, 0x61])))).toEqual({
      kind: 'undecodable',
      reason: `schema ${id} is not of a record`,
    })
    const broken = createTranscode(
      { ...registry, writerSchema: async () => '{"type":"nothing"}' },
      { clock, logger: { warn: (fields: unknown) => void warnings.push(fields) } },
    )
    expect(await broken(frame(7, Buffer.from([2, 0x61])), 0, 7)).toMatchObject({ kind: 'undecodable' })
    expect(warnings).toEqual([{ schemaId: 7, reason: expect.stringContaining('nothing') }])
  })

  test('a schema that the registry does not know, until it does', async () => {
    const value = frame(1, codecs.prediction.encode(prediction))
    expect(await all(value)).toMatchObject({ kind: 'undecodable', reason: expect.stringContaining('(schema 1)') })
    expect(all(value)).toMatchObject({ kind: 'undecodable' })
    expect(warnings).toEqual([{ schemaId: 1 }])
    await registry.register('predictions-value', SCHEMAS.prediction)
    const asleep = clock.sleep(30_000)
    clock.wakeNext()
    await asleep
    expect(await all(value)).toMatchObject({ kind: 'json' })
  })
})

test('while the registry is down, nothing is said about the record', async () => {
  const id = await registry.register('predictions-value', SCHEMAS.prediction)
  const value = frame(id, codecs.prediction.encode(prediction))
  registry.setDown(true)
  expect(await all(value)).toMatchObject({ kind: 'unavailable', reason: expect.stringContaining('down') })
  registry.setDown(false)
  expect(await all(value)).toMatchObject({ kind: 'json' })
})
