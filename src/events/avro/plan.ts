import { type AvroRecord, type AvroType, parseSchema, SchemaError } from './schema.ts'
import { type TypeTable, TypeTableBuilder } from './types.ts'

/** What to do with a field of the record. */
export const Field = {
  skip: 0,
  timeMillis: 1,
  timeMicros: 2,
  model: 3,
  version: 4,
  context: 5,
  operation: 6,
  gateway: 7,
  segments: 8,
  features: 9,
  prediction: 10,
  itemCount: 11,
  latencyMs: 12,
  error: 13,
  fallback: 14,
  ruleEffects: 15,
  sampled: 16,
} as const

/** How a record of one writer schema is read: pairs of `Field` and the place of its type, in the order of the bytes. */
export type Plan = Readonly<{ kind: 'plan'; steps: Int32Array; types: TypeTable; fieldNames: readonly string[] }>

export type PlanOrFault = Plan | Readonly<{ kind: 'fault'; reason: string }>

/** `featureColumn`: the column of a feature by its name, -1 for one that nobody declared. */
export const planOf = (writerSchemaJson: string, featureColumn: (name: string) => number): PlanOrFault => {
  try {
    const type = parseSchema(writerSchemaJson)
    if (type.kind !== 'record') throw new SchemaError(`it is ${describe(type)}, not a record`)
    return compile(type, featureColumn)
  } catch (error) {
    if (error instanceof SchemaError) return { kind: 'fault', reason: error.message }
    throw error
  }
}

const compile = (record: AvroRecord, featureColumn: (name: string) => number): Plan => {
  const names = new Set(record.fields.map(field => field.name))
  // What gateways wrote before they knew Tidemark.
  const time = names.has('time') ? 'time' : 'timestamp'
  for (const name of [time, 'model', 'version']) {
    if (!names.has(name)) throw new SchemaError(`record ${record.name} has no field ${name === time ? 'time' : name}`)
  }
  const builder = new TypeTableBuilder()
  const steps = record.fields.flatMap(({ name, type }) => {
    const { field, takes, words } = name === time ? timeField(name, type) : (FIELDS.get(name) ?? SKIPPED)
    if (takes !== null && !branchesOf(type).some(takes)) {
      throw new SchemaError(`field ${name} is ${describe(type)}; it must be ${words}`)
    }
    if (field === Field.features) return [field, builder.addFeatures(type, featureColumn)]
    if (field === Field.ruleEffects) return [field, builder.addRuleEffects(type, rulePositions)]
    return [field, builder.add(type)]
  })
  return {
    kind: 'plan',
    steps: Int32Array.from(steps),
    types: builder.build(),
    fieldNames: record.fields.map(field => field.name),
  }
}

/** `takes`: null where any type will do; else one branch of the field's type must be such, beside null. */
type KnownField = Readonly<{ field: number; takes: ((type: AvroType) => boolean) | null; words: string }>

const branchesOf = (type: AvroType): readonly AvroType[] => (type.kind === 'union' ? type.branches : [type])
const isText = (type: AvroType): boolean => type.kind === 'string' || type.kind === 'enum'
const isNumber = ({ kind }: AvroType): boolean => kind === 'double' || kind === 'float' || kind === 'int' || kind === 'long'
const isRecordArray = (type: AvroType): boolean => type.kind === 'array' && type.items.kind === 'record'

const known = (field: number, takes: KnownField['takes'], words: string): KnownField => ({ field, takes, words })
const text = (field: number): KnownField => known(field, isText, 'a string')
const number = (field: number): KnownField => known(field, isNumber, 'a number')
const SKIPPED = known(Field.skip, null, '')

const FIELDS: ReadonlyMap<string, KnownField> = new Map([
  ['model', text(Field.model)],
  ['version', text(Field.version)],
  ['context', text(Field.context)],
  ['operation', text(Field.operation)],
  ['gateway', text(Field.gateway)],
  ['segments', known(Field.segments, type => type.kind === 'map' && branchesOf(type.values).some(isText), 'a map of strings')],
  ['features', known(Field.features, type => type.kind === 'map' || type.kind === 'record', 'a map or a record')],
  ['prediction', known(Field.prediction, null, '')],
  ['itemCount', number(Field.itemCount)],
  ['latencyMs', number(Field.latencyMs)],
  ['error', known(Field.error, null, '')],
  ['fallback', known(Field.fallback, type => type.kind === 'boolean', 'a boolean')],
  ['sampled', known(Field.sampled, type => type.kind === 'boolean', 'a boolean')],
  ['ruleEffects', known(Field.ruleEffects, isRecordArray, 'an array of records {rule, effect}')],
])

const timeField = (name: string, type: AvroType): KnownField => {
  const branches = branchesOf(type).filter(branch => branch.kind !== 'null')
  const [long] = branches
  const unit = long?.kind === 'long' ? (TIME_UNITS.get(long.logicalType) ?? Field.timeMillis) : NO_TIME
  if (branches.length !== 1 || unit === NO_TIME) {
    throw new SchemaError(
      `field ${name} is ${describe(type)}; it must be a long of logical type timestamp-millis or timestamp-micros`,
    )
  }
  return known(unit, null, '')
}

const NO_TIME = -1
/** A long of no logical type, or of one that nobody knows, is in milliseconds. */
const TIME_UNITS: ReadonlyMap<string | null, number> = new Map([
  ['timestamp-micros', Field.timeMicros],
  ['local-timestamp-micros', Field.timeMicros],
  ['timestamp-nanos', NO_TIME],
  ['local-timestamp-nanos', NO_TIME],
  ['time-micros', NO_TIME],
])

const rulePositions = (record: AvroRecord): readonly [number, number] => {
  const position = (name: string): number => {
    const at = record.fields.findIndex(field => field.name === name && branchesOf(field.type).some(isText))
    if (at < 0) throw new SchemaError(`record ${record.name} of ruleEffects has no field ${name} that is a string`)
    return at
  }
  return [position('rule'), position('effect')]
}

const describe = (type: AvroType): string => {
  if (type.kind === 'union') return `a union of ${type.branches.map(describe).join(', ')}`
  if ('logicalType' in type && type.logicalType !== null) return `${type.kind} (${type.logicalType})`
  return type.kind
}
