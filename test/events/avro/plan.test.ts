import { describe, expect, test } from 'vitest'
import { planOf } from '../../../src/events/avro/plan.ts'
import { SCHEMAS } from '../../../src/events/schemas.ts'

const NO_FEATURES = (): number => -1
const withField = (name: string, type: unknown): string =>
  JSON.stringify({
    type: 'record',
    name: 'P',
    fields: [
      { name: 'time', type: 'long' },
      { name: 'model', type: 'string' },
      { name: 'version', type: 'string' },
    ]
      .filter(field => field.name !== name)
      .concat([{ name, type: type as string }]),
  })
const reason = (schema: string): string => {
  const plan = planOf(schema, NO_FEATURES)
  return plan.kind === 'fault' ? plan.reason : 'none'
}

describe('a plan for a writer schema', () => {
  test('can be made for our own', () => {
    expect(reason(SCHEMAS.prediction)).toBe('none')
  })

  test.each([
    ['time', 'string', 'field time is string; it must be a long of logical type timestamp-millis or timestamp-micros'],
    [
      'time',
      ['long', 'double'],
      'field time is a union of long, double; it must be a long of logical type timestamp-millis or timestamp-micros',
    ],
    [
      'time',
      { type: 'long', logicalType: 'timestamp-nanos' },
      'field time is long (timestamp-nanos); it must be a long of logical type timestamp-millis or timestamp-micros',
    ],
    ['time', 'null', 'field time is null; it must be a long of logical type timestamp-millis or timestamp-micros'],
    ['model', 'int', 'field model is int; it must be a string'],
    ['version', ['null', 'long'], 'field version is a union of null, long; it must be a string'],
    ['latencyMs', 'string', 'field latencyMs is string; it must be a number'],
    ['features', { type: 'array', items: 'double' }, 'field features is array; it must be a map or a record'],
    ['segments', { type: 'map', values: 'long' }, 'field segments is map; it must be a map of strings'],
    ['fallback', 'int', 'field fallback is int; it must be a boolean'],
    [
      'ruleEffects',
      { type: 'array', items: 'string' },
      'field ruleEffects is array; it must be an array of records {rule, effect}',
    ],
    [
      'ruleEffects',
      { type: 'array', items: { type: 'record', name: 'R', fields: [{ name: 'rule', type: 'string' }] } },
      'record R of ruleEffects has no field effect that is a string',
    ],
  ])('is refused where %s is %j', (name, type, expected) => {
    expect(reason(withField(name, type))).toBe(expected)
  })

  test.each([
    ['prediction', { type: 'array', items: 'string' }],
    ['error', { type: 'record', name: 'E', fields: [{ name: 'code', type: 'int' }] }],
    ['somethingElse', { type: 'map', values: { type: 'fixed', name: 'F', size: 3 } }],
    ['time', { type: 'long', logicalType: 'of-our-own' }],
    ['constructor', 'string'],
    ['__proto__', 'string'],
  ])('can be made where %s is %j', (name, type) => {
    expect(reason(withField(name, type))).toBe('none')
  })

  test('is refused for a record without time, model or version, and for what is no record', () => {
    const without = (name: string): string => {
      const schema = JSON.parse(SCHEMAS.prediction) as { fields: { name: string }[] }
      return JSON.stringify({ ...schema, fields: schema.fields.filter(field => field.name !== name) })
    }
    expect(['time', 'model', 'version'].map(name => reason(without(name)))).toEqual([
      'record tidemark.Prediction has no field time',
      'record tidemark.Prediction has no field model',
      'record tidemark.Prediction has no field version',
    ])
    expect(reason('["null", "string"]')).toBe('it is a union of null, string, not a record')
  })

  test('is made at once even where records share records to a depth', () => {
    let type: unknown = { type: 'record', name: 'L0', fields: [{ name: 'a', type: 'double' }] }
    for (let i = 1; i < 60; i++)
      type = {
        type: 'record',
        name: `L${i}`,
        fields: [
          { name: 'a', type },
          { name: 'b', type: `L${i - 1}` },
        ],
      }
    expect(reason(withField('extra', type))).toBe('none')
  })
})
