import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { avroType, codecs, encodePrediction } from '../../../src/events/avro/codec.ts'
import { frame, unframe } from '../../../src/events/avro/frame.ts'
import { createTopicEncoder } from '../../../src/events/avro/topic-encoder.ts'
import type { Outcome } from '../../../src/events/outcome.ts'
import { createMemoryRegistry } from '../../../src/events/registry.ts'
import { SCHEMAS } from '../../../src/events/schemas.ts'
import type { Alert } from '../../../src/windows/alert.ts'
import type { WindowResult } from '../../../src/windows/window-result.ts'
import { anyPrediction } from '../predictions.ts'

const alert: Alert = {
  id: 'a1',
  fingerprint: 'f1',
  incidentId: 'f1@0',
  sequence: 3,
  state: 'firing',
  rule: 'psi',
  severity: 'critical',
  model: 'fraud',
  version: '*',
  segment: { country: 'de' },
  metric: 'psi',
  subject: 'temp',
  window: '1h',
  windowStart: 0,
  windowEnd: 3_600_000,
  revision: 0,
  since: 3_600_000,
  value: 0.31,
  low: null,
  high: null,
  pValue: 4e-7,
  threshold: 0.2,
  n: 1000,
  contributors: [{ kind: 'bin', name: '(1, 2]', share: 0.5, referenceShare: null, contribution: 1 }],
  referenceVersion: null,
  policyVersion: 'p1',
  offsets: { '0': 12 },
  message: 'temp drifted',
  links: { runbook: 'https://example.com' },
}
const result: WindowResult = {
  id: 'w1',
  model: 'fraud',
  version: '1',
  segment: {},
  window: '1h',
  start: 0,
  end: 3_600_000,
  revision: 1,
  complete: false,
  samples: 10,
  late: 1,
  measures: [
    { metric: 'psi', subject: 'temp', value: null, n: 3, low: null, high: null, pValue: null, status: 'not_enough_data' },
    { metric: 'coverage', subject: '', value: 0.9, n: 10, low: 0.6, high: 0.98, pValue: null, status: 'ok' },
  ],
  referenceVersion: 'r1',
  policyVersion: 'p1',
}
const outcome: Outcome = { predictionId: 'e1', time: 5, actual: 'late', model: 'fraud', version: null, prediction: 0.5 }

describe('a codec', () => {
  test('gives back every prediction', () => {
    fc.assert(
      fc.property(anyPrediction, prediction => {
        expect(codecs.prediction.decode(encodePrediction(prediction))).toEqual(prediction)
      }),
    )
  })

  test('gives back alerts, window results and outcomes', () => {
    expect(codecs.alert.decode(codecs.alert.encode(alert))).toEqual(alert)
    expect(codecs.windowResult.decode(codecs.windowResult.encode(result))).toEqual(result)
    expect(codecs.outcome.decode(codecs.outcome.encode(outcome))).toEqual(outcome)
  })

  test('makes the same bytes of the same value', () => {
    expect(codecs.alert.encode(alert)).toEqual(codecs.alert.encode({ ...alert }))
  })

  test('reads what was written with another version of the schema', () => {
    const older = JSON.parse(SCHEMAS.outcome) as { fields: { name: string }[] }
    older.fields = older.fields.filter(field => field.name !== 'prediction' && field.name !== 'model')
    older.fields.push({ name: 'extra', type: 'string' } as { name: string })
    const written = avroType(JSON.stringify(older)).toBuffer({
      predictionId: 'e1',
      time: 5,
      actual: true,
      version: '2',
      extra: 'x',
    })
    expect(codecs.outcome.decode(written, JSON.stringify(older))).toEqual({
      predictionId: 'e1',
      time: 5,
      actual: true,
      model: null,
      version: '2',
      prediction: null,
    })
  })

  test('throws on bytes that are cut off or too many', () => {
    const bytes = codecs.outcome.encode(outcome)
    for (let length = 0; length < bytes.length; length++) expect(() => codecs.outcome.decode(bytes.subarray(0, length))).toThrow()
    expect(() => codecs.outcome.decode(Buffer.concat([bytes, bytes]))).toThrow()
  })

  test('throws on an object that its schema does not know', () => {
    expect(() => codecs.outcome.encode({ ...outcome, time: 1.5 })).toThrow()
  })

  test('knows schemas that refer to others', () => {
    const user = { type: 'record', name: 'User', namespace: 'shop', fields: [{ name: 'age', type: 'int' }] }
    const event = { type: 'record', name: 'Event', fields: [{ name: 'user', type: 'shop.User' }] }
    const type = avroType(JSON.stringify({ references: [user], type: event }))
    expect(type.fromBuffer(type.toBuffer({ user: { age: 3 } }))).toEqual({ user: { age: 3 } })
  })
})

describe('the frame', () => {
  test('is a zero and the schema id', () => {
    const framed = frame(258, Buffer.from('abc'))
    expect([...framed]).toEqual([0, 0, 0, 1, 2, 97, 98, 99])
    expect(unframe(framed)).toEqual({ schemaId: 258, payload: Buffer.from('abc') })
  })

  test.each([[Buffer.alloc(0)], [Buffer.from([0, 0, 0, 1])], [Buffer.from([1, 0, 0, 0, 1])]])('is not there: %o', bytes => {
    expect(unframe(bytes)).toBeNull()
  })
})

test("a topic's encoder registers its schema once, and frames what it encodes", async () => {
  const registry = createMemoryRegistry()
  const encode = await createTopicEncoder('alert', 'alerts', registry)
  const again = await createTopicEncoder('alert', 'alerts', registry)
  const unframed = unframe(encode(alert))
  expect(encode(alert)).toEqual(again(alert))
  const schema = await registry.writerSchema(unframed?.schemaId ?? 0)
  expect(JSON.parse(schema ?? '')).toEqual(JSON.parse(SCHEMAS.alert))
  expect(codecs.alert.decode(unframed?.payload ?? Buffer.alloc(0), schema ?? '')).toEqual(alert)
})
