import type { DecodeResult } from '../../../src/events/avro/faults.ts'
import { type Dictionary, type EventColumns, type ValueColumn, ValueKind } from '../../../src/events/columns.ts'
import { fieldsOf, isUnion, type Schema } from './schemas.ts'

type Value = Readonly<{ kind: keyof typeof ValueKind; value?: unknown }>
export type Row = Readonly<Record<string, unknown>>

/** What a row must hold, found the slow way from avsc's object; `result` is what `decode` must answer. */
export const expectedRow = (
  schema: Schema,
  decoded: unknown,
  names: Dictionary,
): Readonly<{ result: DecodeResult; row: Row }> => {
  const record = decoded as Record<string, unknown>
  const types = new Map(fieldsOf(schema).map(field => [field.name, field.type]))
  const get = (name: string): Plain => {
    const type = types.get(name)
    return type === undefined ? NULL : plain(type, record[name])
  }
  const text = (name: string): string => (get(name).value as string | null) ?? ''
  const number = (name: string): number => (get(name).value as number | null) ?? Number.NaN
  const timeName = types.has('time') ? 'time' : 'timestamp'
  const micros = (types.get(timeName) as { logicalType?: string }).logicalType === 'timestamp-micros'
  const time = micros ? Math.floor(number(timeName) / 1000) : number(timeName)
  const features = entriesOf(get('features'))
  const segments = entriesOf(get('segments'))
  const error = types.get('error')
  const row: Row = {
    time,
    model: text('model'),
    version: text('version'),
    context: text('context'),
    operation: text('operation'),
    gateway: text('gateway'),
    segments: names.segments.map(name => (segments.get(name)?.value as string | null | undefined) ?? null),
    latencyMs: number('latencyMs'),
    itemCount: number('itemCount'),
    error: error === undefined ? 0 : flag(error, record.error),
    fallback: get('fallback').value === true ? 1 : 0,
    ruleChanges: names.businessRules.map(name => (changes(get('ruleEffects'), name) ? 1 : 0)),
    prediction: types.has('prediction') ? observed(get('prediction')) : { kind: 'null' },
    features: names.features.map(name => {
      const value = features.get(name)
      return value === undefined ? { kind: 'absent' } : observed(value)
    }),
  }
  if (row.model === '') return { result: 'missing-model', row }
  return { result: Math.abs(time) <= 8.64e15 ? 'ok' : 'bad-time', row }
}

/** The row as it stands in the columns. */
export const rowAt = (columns: EventColumns, row: number, names: Dictionary): Row => {
  const text = (codes: Int32Array): string => columns.texts.text(codes[row])
  const value = (column: ValueColumn): Value => {
    const kind = (Object.keys(ValueKind) as (keyof typeof ValueKind)[])[column.kinds[row]]
    if (kind === 'number') return { kind, value: column.numbers[row] }
    if (kind === 'boolean') return { kind, value: column.numbers[row] === 1 }
    return kind === 'text' ? { kind, value: text(column.texts) } : { kind }
  }
  return {
    time: columns.timesMs[row],
    model: text(columns.models),
    version: text(columns.versions),
    context: text(columns.contexts),
    operation: text(columns.operations),
    gateway: text(columns.gateways),
    segments: names.segments.map((_, i) => (columns.segments[i][row] < 0 ? null : text(columns.segments[i]))),
    latencyMs: columns.latenciesMs[row],
    itemCount: columns.itemCounts[row],
    error: columns.errors[row],
    fallback: columns.fallbacks[row],
    ruleChanges: names.businessRules.map((_, i) => columns.ruleChanges[i][row]),
    prediction: value(columns.prediction),
    features: names.features.map((_, i) => value(columns.features[i])),
  }
}

/** A value out of its union, with the type that it has. */
type Plain = Readonly<{ type: Schema; value: unknown }>
const NULL: Plain = { type: 'null', value: null }

const plain = (type: Schema, value: unknown): Plain => {
  if (!isUnion(type)) return { type, value }
  if (value === null) return NULL
  const [name, inner] = Object.entries(value as object)[0]
  const branch = type.find(
    candidate =>
      candidate === name || (typeof candidate === 'object' && !isUnion(candidate) && (candidate.name ?? candidate.type) === name),
  )
  return { type: branch ?? 'null', value: inner }
}

const entriesOf = ({ type, value }: Plain): ReadonlyMap<string, Plain> => {
  if (value === null) return new Map()
  const named = type as { type: string; values: Schema }
  if (named.type === 'map') return new Map(Object.entries(value as object).map(([key, item]) => [key, plain(named.values, item)]))
  return new Map(fieldsOf(type).map(field => [field.name, plain(field.type, (value as Record<string, unknown>)[field.name])]))
}

const observed = ({ type, value }: Plain): Value => {
  const named = typeof type === 'string' ? { type } : (type as { type: string; items?: Schema })
  switch (named.type) {
    case 'null':
      return { kind: 'null' }
    case 'double':
    case 'float':
    case 'int':
    case 'long':
      return { kind: 'number', value }
    case 'boolean':
      return { kind: 'boolean', value }
    case 'string':
    case 'enum':
      return { kind: 'text', value }
    case 'array': {
      const items = named.items as string | { type: string }
      const item = typeof items === 'string' ? items : items.type
      return { kind: ['double', 'float', 'int', 'long'].includes(item) ? 'vector' : 'absent' }
    }
    default:
      return { kind: 'absent' }
  }
}

const flag = (type: Schema, value: unknown): number => {
  if (isUnion(type)) return value === null || plain(type, value).value === false ? 0 : 1
  return value === null || value === false || value === 0 || value === '' ? 0 : 1
}

const changes = ({ type, value }: Plain, rule: string): boolean => {
  if (value === null) return false
  const items = (type as Readonly<{ type: string; items: Schema }>).items
  return (value as Record<string, unknown>[]).some(item => {
    const get = (name: string): unknown =>
      plain(fieldsOf(items).find(field => field.name === name)?.type ?? 'null', item[name]).value
    return get('rule') === rule && get('effect') !== 'none' && get('effect') !== null
  })
}
