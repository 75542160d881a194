import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parsePrediction, predictionToJson } from '../../src/events/json.ts'
import { PREDICTION_DEFAULTS } from '../../src/events/prediction-defaults.ts'
import { SCHEMAS } from '../../src/events/schemas.ts'
import { anyPrediction } from './predictions.ts'

const least = { id: 'e1', time: '2026-01-31T12:00:00Z', model: 'fraud', version: '1' }
const parse = (more: object, without?: keyof typeof least) => {
  const event: Record<string, unknown> = { ...least, ...more }
  if (without !== undefined) delete event[without]
  return parsePrediction(JSON.stringify(event))
}
const problem = (more: object, without?: keyof typeof least): string => {
  const parsed = parse(more, without)
  return parsed.kind === 'problem' ? parsed.message : `no problem: ${JSON.stringify(parsed.prediction)}`
}

describe('a prediction as a line of JSON', () => {
  test('written and read again is the same', () => {
    fc.assert(
      fc.property(anyPrediction, prediction => {
        expect(parsePrediction(JSON.stringify(predictionToJson(prediction)))).toEqual({ kind: 'prediction', prediction })
      }),
    )
  })

  test('needs no more than id, time, model and version', () => {
    expect(parse({})).toEqual({
      kind: 'prediction',
      prediction: { ...PREDICTION_DEFAULTS, id: 'e1', time: Date.UTC(2026, 0, 31, 12), model: 'fraud', version: '1' },
    })
  })

  test('has the defaults of the schema', () => {
    const { fields } = JSON.parse(SCHEMAS.prediction) as { fields: { name: string; default?: unknown }[] }
    const defaults = Object.fromEntries(fields.filter(field => 'default' in field).map(field => [field.name, field.default]))
    expect(PREDICTION_DEFAULTS).toEqual(defaults)
  })

  test('leaves defaults out when it is written', () => {
    const parsed = parse({ features: { temp: 0.24, sky: 'clear', wind: null } })
    expect(parsed.kind === 'prediction' && predictionToJson(parsed.prediction)).toEqual({
      ...least,
      time: '2026-01-31T12:00:00.000Z',
      features: { temp: 0.24, sky: 'clear', wind: null },
    })
  })

  test.each([
    ['2026-01-31T12:00:00Z', Date.UTC(2026, 0, 31, 12)],
    ['2026-01-31T12:00:00.123456789Z', Date.UTC(2026, 0, 31, 12, 0, 0, 123)],
    ['2026-01-31T12:00+02:00', Date.UTC(2026, 0, 31, 10)],
    ['2026-01-31 12:00:00,5-0330', Date.UTC(2026, 0, 31, 15, 30, 0, 500)],
    ['2026-01-31', Date.UTC(2026, 0, 31)],
    ['0001-01-01T00:00:00Z', -62_135_596_800_000],
    [0, 0],
    [-1, -1],
    [8.64e15, 8.64e15],
  ])('time %j', (time, expected) => {
    const parsed = parse({ time })
    expect(parsed.kind === 'prediction' && parsed.prediction.time).toBe(expected)
  })

  test.each([
    '2026-02-30',
    '2026-13-01',
    '2026-01-31T24:00Z',
    '2026-01-31T12:60Z',
    '2026-01-31T12:00:60Z',
    '2026-1-31',
    '+275760-09-14T00:00Z',
  ])('time %j is none', time => {
    expect(problem({ time })).toContain('it must be ISO-8601')
  })

  test('timestamp will do for time, as in Avro', () => {
    const parsed = parse({ timestamp: 5 }, 'time')
    expect(parsed.kind === 'prediction' && parsed.prediction.time).toBe(5)
  })

  test('says which field is wrong, with its value and what it must be', () => {
    const messages: readonly [object, string][] = [
      [
        { time: '2026-01-31T12:00:00' },
        'time is "2026-01-31T12:00:00"; it must be a time with its zone: 2026-01-31T12:00:00Z if it is UTC',
      ],
      [
        { time: '2026-02-30T12:00:00Z' },
        'time is "2026-02-30T12:00:00Z"; it must be ISO-8601, like 2026-01-31T12:00:00Z, or milliseconds since the epoch',
      ],
      [
        { time: 'yesterday' },
        'time is "yesterday"; it must be ISO-8601, like 2026-01-31T12:00:00Z, or milliseconds since the epoch',
      ],
      [{ time: 1.5 }, 'time is 1.5; it must be a whole number of milliseconds since the epoch'],
      [{ time: 9e15 }, 'time is 9000000000000000; it must be a whole number of milliseconds since the epoch'],
      [{ time: true }, 'time is true; it must be ISO-8601 text or milliseconds since the epoch'],
      [{ version: 2 }, 'version is 2; it must be a string: "2"'],
      [{ model: '' }, 'model is ""; it must be the name of a model'],
      [{ features: [1] }, 'features is [1]; it must be an object'],
      [
        { features: { temp: { value: 1 } } },
        'features.temp is {"value":1}; it must be null, a number, a string, true, false, or an array of numbers',
      ],
      [{ features: { e: [1, 'x'] } }, 'features.e[1] is "x"; it must be a number'],
      [{ segments: { country: 49 } }, 'segments.country is 49; it must be a string: "49"'],
      [{ prediction: ['a'] }, 'prediction is ["a"]; it must be null, a number, a string, true or false'],
      [{ latencyMs: '12' }, 'latencyMs is "12"; it must be a number'],
      [{ itemCount: 1.5 }, 'itemCount is 1.5; it must be a whole number of at most 32 bits'],
      [{ fallback: 'no' }, 'fallback is "no"; it must be true or false'],
      [{ role: 'primary' }, 'role is "primary"; it must be one of serving, canary, shadow'],
      [{ ruleEffects: [{ rule: 'cap' }] }, 'ruleEffects[0].effect is missing; it must be a string'],
      [{ build: 'v1' }, 'build is "v1"; it must be an object'],
      [
        { context: 'x'.repeat(100).split('') },
        'context is ["x","x","x","x","x","x","x","x","x","x","x","x","x","x",...; it must be a string',
      ],
    ]
    expect(messages.map(([more]) => problem(more))).toEqual(messages.map(([, message]) => message))
    expect(problem({}, 'model')).toBe('model is missing; it must be a string')
    expect(parse({ segments: { country: 49 } })).toMatchObject({ field: 'segments.country' })
  })

  test.each([
    ['{"id": "e1"', 'not JSON'],
    ['[]', 'the event is []; it must be an object'],
    ['null', 'the event is null; it must be an object'],
    ['"x"', 'the event is "x"; it must be an object'],
    ['{"id":"e1","time":1,"model":"m","version":"1","latencyMs":1e999}', 'latencyMs is Infinity; it must be a number'],
  ])('%s: %s', (text, message) => {
    const parsed = parsePrediction(text)
    expect(parsed.kind === 'problem' && parsed.message).toContain(message)
  })

  test('any text is a prediction or a problem, never an exception', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), text => /prediction|problem/.test(parsePrediction(text).kind)))
  })

  test('text that is nested without end is a problem as any other', () => {
    const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    expect(parsePrediction(nested)).toMatchObject({ message: 'the event is nested too deep to be shown; it must be an object' })
  })

  test('fields that no schema has are left aside', () => {
    expect(parse({ label: 'x', __proto__: 1 }).kind).toBe('prediction')
  })
})
