import { show } from '../json-checks.ts'

/**
 * A writer schema with every named reference resolved (so a recursive type is a cycle of objects). Logical types are kept
 * where they change what a known field means; the bytes are those of the underlying type.
 */
export type AvroType =
  | Readonly<{ kind: 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'string' | 'bytes'; logicalType: string | null }>
  | Readonly<{ kind: 'fixed'; size: number }>
  | Readonly<{ kind: 'enum'; symbols: readonly string[] }>
  | Readonly<{ kind: 'array'; items: AvroType }>
  | Readonly<{ kind: 'map'; values: AvroType }>
  | AvroRecord
  | Readonly<{ kind: 'union'; branches: readonly AvroType[] }>

export type AvroRecord = Readonly<{ kind: 'record'; name: string; fields: readonly AvroField[] }>
export type AvroField = Readonly<{ name: string; type: AvroType }>

/** Throws `SchemaError` with a sentence for people; whoever takes schemas from outside turns it into a value. */
export const parseSchema = (json: string): AvroType => {
  let parsed: unknown
  try {
    parsed = JSON.parse(json)
  } catch (error) {
    throw new SchemaError(`it is not JSON (${error instanceof Error ? error.message : String(error)})`)
  }
  const names = new Map<string, AvroType>()
  for (const reference of referencesOf(parsed)) resolve(reference, '', names, 0)
  const type = resolve(parsed, '', names, 0)
  checkFinite(type)
  return type
}

/** The schemas that come with a schema that refers to them (see SchemaSource). */
export const referencesOf = (parsed: unknown): readonly unknown[] => {
  const { references } = (parsed ?? {}) as Json
  return Array.isArray(references) ? references : []
}

export class SchemaError extends Error {
  override readonly name = 'SchemaError'
}

type Json = Readonly<Record<string, unknown>>

const PRIMITIVES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'string', 'bytes'] as const
type Primitive = (typeof PRIMITIVES)[number]
const isPrimitive = (name: string): name is Primitive => (PRIMITIVES as readonly string[]).includes(name)

/** Schemas come from outside: deeper nesting than anyone writes by hand is refused before it can exhaust the stack. */
const MAX_DEPTH = 100

const resolve = (schema: unknown, namespace: string, names: Map<string, AvroType>, depth: number): AvroType => {
  if (depth > MAX_DEPTH) throw new SchemaError(`it is nested more than ${MAX_DEPTH} deep`)
  if (typeof schema === 'string') return resolveName(schema, namespace, names, null)
  if (Array.isArray(schema)) return resolveUnion(schema, namespace, names, depth)
  if (typeof schema !== 'object' || schema === null) throw new SchemaError(`${show(schema)} is not a type`)
  const json = schema as Json
  const kind = json.type
  // {"type": {"type": "map", ...}} and {"type": ["null", ...]}: a wrapper that some generators write.
  if (typeof kind === 'object' && kind !== null) return resolve(kind, namespace, names, depth + 1)
  if (typeof kind !== 'string') throw new SchemaError(`a type lacks "type": ${show(schema)}`)
  switch (kind) {
    case 'array':
      return { kind, items: resolve(json.items, namespace, names, depth + 1) }
    case 'map':
      return { kind, values: resolve(json.values, namespace, names, depth + 1) }
    case 'fixed':
      return define({ kind, size: sizeOf(json) }, json, namespace, names)
    case 'enum':
      return define({ kind, symbols: symbolsOf(json) }, json, namespace, names)
    case 'record':
    case 'error':
      return resolveRecord(json, namespace, names, depth)
    default:
      return resolveName(kind, namespace, names, typeof json.logicalType === 'string' ? json.logicalType : null)
  }
}

const resolveName = (name: string, namespace: string, names: Map<string, AvroType>, logicalType: string | null): AvroType => {
  if (isPrimitive(name)) return { kind: name, logicalType }
  const known = names.get(name.includes('.') || namespace === '' ? name : `${namespace}.${name}`) ?? names.get(name)
  if (known === undefined) throw new SchemaError(`type ${show(name)} is not defined`)
  return known
}

const resolveUnion = (schema: readonly unknown[], namespace: string, names: Map<string, AvroType>, depth: number): AvroType => {
  if (schema.length === 0) throw new SchemaError('a union has no branches')
  const branches = schema.map(branch => resolve(branch, namespace, names, depth + 1))
  if (branches.some(branch => branch.kind === 'union')) throw new SchemaError('a union holds a union')
  return { kind: 'union', branches }
}

const resolveRecord = (json: Json, namespace: string, names: Map<string, AvroType>, depth: number): AvroType => {
  if (!Array.isArray(json.fields)) throw new SchemaError(`record ${show(json.name)} has no "fields"`)
  // Known by name before its fields are walked: they may refer to it.
  const fields: AvroField[] = []
  const name = fullName(json, namespace)
  const record = define({ kind: 'record', name, fields } as const, json, namespace, names)
  const inner = name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : ''
  for (const field of json.fields as readonly unknown[]) {
    const { name: fieldName, type } = (field ?? {}) as Json
    if (typeof fieldName !== 'string' || type === undefined)
      throw new SchemaError(`record ${name} has a field without name or type`)
    if (fields.some(other => other.name === fieldName)) throw new SchemaError(`record ${name} has two fields ${show(fieldName)}`)
    fields.push({ name: fieldName, type: resolve(type, inner, names, depth + 1) })
  }
  return record
}

const define = <T extends AvroType>(type: T, json: Json, namespace: string, names: Map<string, AvroType>): T => {
  const name = fullName(json, namespace)
  if (names.has(name) || isPrimitive(name)) throw new SchemaError(`type ${show(name)} is defined twice`)
  names.set(name, type)
  return type
}

const fullName = (json: Json, namespace: string): string => {
  if (typeof json.name !== 'string' || json.name === '') throw new SchemaError(`a ${String(json.type)} has no name`)
  if (json.name.includes('.')) return json.name
  const own = typeof json.namespace === 'string' ? json.namespace : namespace
  return own === '' ? json.name : `${own}.${json.name}`
}

const sizeOf = (json: Json): number => {
  const size = json.size
  if (!Number.isSafeInteger(size) || (size as number) < 0)
    throw new SchemaError(`fixed ${show(json.name)} has size ${show(size)}`)
  return size as number
}

const symbolsOf = (json: Json): readonly string[] => {
  const symbols = json.symbols
  if (!Array.isArray(symbols) || symbols.length === 0 || symbols.some(symbol => typeof symbol !== 'string')) {
    throw new SchemaError(`enum ${show(json.name)} has no list of symbols`)
  }
  return symbols as string[]
}

/** A record that holds itself in every value has no finite value; walking one would never end. */
const checkFinite = (root: AvroType): void => {
  const finite = new Set<AvroRecord>()
  const open = new Set<AvroRecord>()
  const check = (record: AvroRecord): void => {
    if (open.has(record)) throw new SchemaError(`record ${record.name} holds itself`)
    if (finite.has(record)) return
    open.add(record)
    for (const { type } of record.fields) if (type.kind === 'record') check(type)
    open.delete(record)
    finite.add(record)
  }
  for (const record of recordsIn(root, new Set())) check(record)
}

const recordsIn = (type: AvroType, found: Set<AvroRecord>): ReadonlySet<AvroRecord> => {
  if (type.kind === 'array') recordsIn(type.items, found)
  else if (type.kind === 'map') recordsIn(type.values, found)
  else if (type.kind === 'union') for (const branch of type.branches) recordsIn(branch, found)
  else if (type.kind === 'record' && !found.has(type)) {
    found.add(type)
    for (const field of type.fields) recordsIn(field.type, found)
  }
  return found
}
