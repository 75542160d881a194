import fc from 'fast-check'
import type { Dictionary } from '../../../src/events/columns.ts'
import { anyType, type Field, named, recordOf, type Schema, valuesOf } from './schemas.ts'

/** Writer schemas that Tidemark must be able to read, in all their shapes, and records of them. */

export const dictionary: Dictionary = {
  features: ['f0', 'f1', 'temp', 'größe', 'a-feature-with-a-long-name', ''],
  segments: ['country', 'device'],
  businessRules: ['cap', 'boost'],
}

const nullable = (type: fc.Arbitrary<Schema>): fc.Arbitrary<Schema> =>
  fc.oneof(
    type,
    type.map((inner): Schema => ['null', inner]),
    type.map((inner): Schema => [inner, 'null']),
  )

const symbols: Schema = { type: 'enum', name: '?', symbols: ['none', 'cap', 'web'] }
const text = nullable(fc.constantFrom<Schema>('string', symbols, { type: 'string', logicalType: 'uuid' }))
const number = nullable(fc.constantFrom<Schema>('double', 'float', 'int', 'long'))
const millis: Schema = { type: 'long', logicalType: 'timestamp-millis' }
const time = fc.oneof(
  nullable(fc.constantFrom<Schema>('long', millis)),
  fc.constant<Schema>({ type: 'long', logicalType: 'timestamp-micros' }),
)

const FEATURE_TYPES: readonly Schema[] = [
  'null',
  'double',
  'float',
  'int',
  'string',
  'boolean',
  'bytes',
  symbols,
  { type: 'array', items: 'double' },
  { type: 'map', values: 'double' },
]
const featureValue: fc.Arbitrary<Schema> = fc.oneof(
  fc.constantFrom<Schema>(...FEATURE_TYPES, 'long', { type: 'array', items: 'string' }, { type: 'array', items: 'float' }),
  fc.subarray([...FEATURE_TYPES], { minLength: 1 }).chain(types => fc.shuffledSubarray(types, { minLength: types.length })),
)
const featureMap = fc.oneof(featureValue, fc.constant<Schema>('double')).map((values): Schema => ({ type: 'map', values }))
const featureRecord = fc
  .uniqueArray(fc.constantFrom(...dictionary.features, 'other'), { minLength: 1 })
  .map(names => names.map(name => (name === '' ? 'empty' : name.replaceAll(/[^a-z0-9]/g, '_'))))
  .chain(names =>
    fc
      .tuple(...names.map(() => fc.oneof(featureValue, fc.constant<Schema>('double'))))
      .map(types => recordOf(names.map((name, i) => ({ name, type: types[i] })))),
  )

const ruleEffect = fc
  .tuple(text, text, anyType)
  .chain(([rule, effect, other]) =>
    fc.shuffledSubarray(
      [
        { name: 'rule', type: rule },
        { name: 'effect', type: effect },
        { name: 'before', type: other },
      ],
      { minLength: 3 },
    ),
  )
  .map((fields): Schema => ({ type: 'array', items: recordOf(fields) }))

const field = (name: string, type: fc.Arbitrary<Schema>): fc.Arbitrary<Field> => type.map(drawn => ({ name, type: drawn }))

const required = fc.tuple(
  fc.tuple(fc.constantFrom('time', 'timestamp'), time).map(([name, type]): Field => ({ name, type })),
  field('model', text),
  field('version', text),
)
const optional = fc.tuple(
  field('id', text),
  field('context', text),
  field('operation', text),
  field('gateway', text),
  field('segments', nullable(text.map((values): Schema => ({ type: 'map', values })))),
  field('features', nullable(fc.oneof(featureMap, featureRecord))),
  field('prediction', fc.oneof(featureValue, anyType)),
  field('itemCount', number),
  field('latencyMs', number),
  field('error', fc.oneof(text, number, anyType, nullable(fc.constant('boolean')))),
  field('fallback', nullable(fc.constant('boolean'))),
  field('ruleEffects', nullable(ruleEffect)),
  field('extra0', anyType),
  field('extra1', anyType),
  field('extra2', anyType),
)

export const predictionSchema: fc.Arbitrary<Schema> = fc
  .tuple(
    required,
    optional.chain(fields => fc.subarray(fields)),
  )
  .chain(([some, more]) => fc.shuffledSubarray([...some, ...more], { minLength: some.length + more.length }))
  .map(fields => named(recordOf(fields)))

const keys = fc.constantFrom(...dictionary.features, ...dictionary.segments, 'other', 'x'.repeat(70))

/** Values in which the dictionary's names occur. */
export const predictionValue = (schema: Schema): fc.Arbitrary<unknown> =>
  valuesOf(schema, type => {
    if (typeof type === 'string' || Array.isArray(type)) return null
    const inner = type as Readonly<{ type: string; values?: Schema; logicalType?: string }>
    if (inner.type === 'map' && inner.values !== undefined) return fc.dictionary(keys, predictionValue(inner.values))
    if (inner.logicalType === 'timestamp-millis') return fc.integer({ min: -(2 ** 52) + 1, max: 2 ** 52 - 1 })
    return null
  })
