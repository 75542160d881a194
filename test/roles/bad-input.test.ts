import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { codecs } from '../../src/events/avro/codec.ts'
import type { Prediction } from '../../src/events/prediction.ts'
import { PREDICTION_DEFAULTS } from '../../src/events/prediction-defaults.ts'
import { startTwin, type Twin } from '../../src/roles/twin.ts'
import type { WindowResult } from '../../src/windows/window-result.ts'
import { testConfig, testModel, testTime, testWindow } from '../support/config.ts'

const MINUTE = 60_000
const T0 = Date.UTC(2026, 0, 5)
const LOG_NOW = T0 + 10 * MINUTE

const config = testConfig({
  kafka: { ...testConfig().kafka, partitions: 1 },
  time: testTime({
    outOfOrdernessMs: 1000,
    allowedLatenessMs: 1000,
    idleTimeoutMs: 1e12,
    maxFutureMs: 60 * MINUTE,
    retireAfterMs: 0,
  }),
  checkpoint: { intervalMs: 10, maxReplayMs: 30_000, maxBytes: 1 << 20 },
  limits: { maxRecordBytes: 4096, maxMapEntries: 20, maxVersions: 5, maxSegmentValues: 5, maxModels: 5 },
  models: [
    testModel({ name: 'm', windows: [testWindow('minute', MINUTE)], features: { temp: { kind: 'numeric', range: null } } }),
  ],
})

const event = (n: number, over: Partial<Prediction> = {}): Prediction => ({
  ...PREDICTION_DEFAULTS,
  id: `e${n}`,
  time: T0 + n * 100,
  model: 'm',
  version: '1',
  features: { temp: n },
  prediction: 1,
  ...over,
})

let twin: Twin | undefined
afterEach(async () => {
  await twin?.stop()
  twin = undefined
})

type Outcome = Readonly<{ results: readonly WindowResult[]; letters: readonly Letter[]; twin: Twin; schemaId: number }>
type Letter = Readonly<{ reason: string; detail: string; offset: string; value: Buffer }>

/** A record's value, given the id of the events' schema. */
type Bytes = (schemaId: number) => Buffer

const firstSchemaId = async ({ log }: Twin): Promise<number> => {
  const reader = await log.reader({ topic: 'predictions', partition: 0 })
  const fetched = await reader.fetch(0)
  await reader.close()
  if (fetched.kind !== 'records') throw new Error(fetched.kind)
  for (const block of fetched.blocks) return block.view.getInt32(block.valueStarts[0] + 1)
  throw new Error('no record')
}

/** Ten good events, the bad values, ten good events; then the end. */
const stream = async (bad: readonly (Bytes | Prediction)[]): Promise<Outcome> => {
  const results: WindowResult[] = []
  twin = await startTwin({
    config,
    logger: pino({ level: 'silent' }),
    logClock: () => LOG_NOW,
    onWindows: fired => results.push(...fired),
    onAlerts: () => {},
  })
  const good = Array.from({ length: 20 }, (_, n) => event(n))
  await twin.publish(good.slice(0, 10))
  const writer = await twin.log.writer()
  const schemaId = await firstSchemaId(twin)
  for (const value of bad) {
    if (typeof value === 'function') await writer.append('predictions', [{ key: 'bad', value: value(schemaId) }])
    else await twin.publish([value])
  }
  await twin.publish(good.slice(10))
  await twin.end(T0 + MINUTE)
  return { results, letters: await deadLetters(twin), twin, schemaId }
}

const deadLetters = async ({ log }: Twin): Promise<readonly Letter[]> => {
  const letters: Letter[] = []
  for (let partition = 0; partition < (await log.partitionCount('dead-letters')); partition++) {
    const reader = await log.reader({ topic: 'dead-letters', partition })
    const { highOffset } = await reader.range()
    for (let offset = 0; offset < highOffset; ) {
      const fetched = await reader.fetch(offset)
      if (fetched.kind !== 'records') throw new Error(fetched.kind)
      for (const block of fetched.blocks) {
        for (let i = 0; i < block.count; i++) {
          const headers = block.bytes.toString('latin1', block.headerStarts[i], block.headerEnds[i])
          const after = (name: string): string => headers.slice(headers.indexOf(name) + name.length + 1)
          letters.push({
            reason: /^[a-z-]+/.exec(after('exception.class.name'))?.[0] ?? '',
            detail: after('exception.message'),
            offset: /^\d+/.exec(after('__connect.errors.offset'))?.[0] ?? '',
            value: Buffer.from(block.bytes.subarray(block.valueStarts[i], block.valueEnds[i])),
          })
        }
      }
      offset = fetched.nextOffset()
    }
    await reader.close()
  }
  return letters
}

const measured = ({ results }: Outcome, metric: string): number | null | undefined =>
  results.find(r => r.version === '1' && r.start === T0)?.measures.find(m => m.metric === metric)?.value

const framed = (schemaId: number, value: Prediction): Buffer => codecs.prediction.encodeFramed(schemaId, value)

describe('bad input', () => {
  it.each([
    ['bytes that are not Avro', () => Buffer.from('hello'), 'not-avro'],
    ['a schema id that nobody knows', () => Buffer.from([0, 0, 0, 0x30, 0x39, 1, 2]), 'unknown-schema'],
    ['a record that is cut off', (id: number) => framed(id, event(50)).subarray(0, 20), 'truncated'],
    ['bytes after the record', (id: number) => Buffer.concat([framed(id, event(50)), Buffer.from([1])]), 'trailing-bytes'],
    ['an event without a model', event(50, { model: '' }), 'missing-model'],
    ['an event from the far future', event(50, { time: LOG_NOW + 61 * MINUTE }), 'from-the-future'],
    [
      'an absurdly large map',
      event(50, { features: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`f${i}`, i])) }),
      'map-too-large',
    ],
    ['an absurdly large record', event(50, { metadata: { blob: 'x'.repeat(5000) } }), 'record-too-large'],
  ])('%s goes to the dead letters with reason and place, and disturbs nothing', async (_, bad, reason) => {
    const outcome = await stream([bad])
    expect(outcome.letters.map(({ reason, offset }) => ({ reason, offset }))).toEqual([{ reason, offset: '10' }])
    expect(outcome.letters[0].detail.length).toBeGreaterThan(10)
    const sent = typeof bad === 'function' ? bad(outcome.schemaId) : framed(outcome.schemaId, bad)
    expect(outcome.letters[0].value.equals(sent)).toBe(true)
    expect(measured(outcome, 'count')).toBe(20)
    expect(await outcome.twin.ledger()).toEqual({ read: 22, inWindows: 20, late: 0, tooLate: 0, deadLettered: 1, skipped: 1 })
  })

  it.each([
    ['NaN', Number.NaN, 'not_finite_ratio'],
    ['infinity', Number.POSITIVE_INFINITY, 'not_finite_ratio'],
    ['a text where a number belongs', 'warm', 'type_mismatch_ratio'],
    ['nothing', null, 'missing_ratio'],
  ] as const)('%s in a feature is counted, and spoils no other number', async (_, temp, metric) => {
    const outcome = await stream([event(5, { features: { temp } })])
    expect(outcome.letters).toEqual([])
    expect(measured(outcome, metric)).toBeCloseTo(1 / 21, 12)
    expect(measured(outcome, 'mean')).toBeCloseTo(9.5, 12)
    expect(measured(outcome, 'count')).toBe(21)
  })

  it('a payload that sampling dropped is not missing, and not uncovered', async () => {
    const outcome = await stream([event(5, { features: {}, prediction: null, sampled: false })])
    expect(measured(outcome, 'missing_ratio')).toBe(0)
    expect(measured(outcome, 'coverage_ratio')).toBe(1)
    expect(measured(outcome, 'count'), 'the event itself is counted').toBe(21)
  })

  it('an event of a model that nothing watches is counted as skipped', async () => {
    const outcome = await stream([event(50, { model: 'nobody' })])
    expect(outcome.letters).toEqual([])
    expect(await outcome.twin.ledger()).toMatchObject({ read: 22, inWindows: 20, skipped: 2 })
  })
})
