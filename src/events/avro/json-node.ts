import { KnownKeys } from './known-keys.ts'
import type { AvroType } from './schema.ts'
import { TypeTableBuilder } from './types.ts'

/** What the transcoder writes for a type. */
export const JsonOp = {
  null: 0,
  boolean: 1,
  int: 2,
  micros: 3,
  float: 4,
  double: 5,
  text: 6,
  bytes: 7,
  fixed: 8,
  enum: 9,
  array: 10,
  map: 11,
  record: 12,
  union: 13,
} as const

/** A type of a writer schema, ready to be written as JSON. One shape for all, so that the walk stays monomorphic. */
export type JsonNode = {
  op: number
  /** Fields, branches, or the one entry of an array or map. */
  nodes: JsonNode[]
  /** Before each field: `{"name":` or `,"name":`. Or each symbol in quotes. */
  texts: readonly Buffer[]
  /** Bytes of a fixed. */
  size: number
  map: MapNode | null
}

export type MapNode = {
  readonly keys: KnownKeys
  /** By key: `"key":`. */
  readonly keyTexts: (Buffer | undefined)[]
  /** By key: the run of the map in which it was last seen. */
  readonly seen: Int32Array
  run: number
  /** Its values hold no other map. */
  innermost: boolean
  /** How to step over a value. */
  readonly valuePlace: number
}

/** A writer schema's root, and the table to step over its values. */
export type JsonPlan = Readonly<{ root: JsonNode; code: Int32Array }>

/** `rename` gives the name that a field of the outermost record has in JSON. */
export const jsonPlanOf = (type: AvroType, rename: (field: string) => string): JsonPlan => {
  const nodes = new Map<AvroType, JsonNode>()
  const builder = new TypeTableBuilder()
  const visit = (current: AvroType): JsonNode => {
    const known = nodes.get(current)
    if (known !== undefined) return known
    const node: JsonNode = { op: opOf(current), nodes: [], texts: [], size: 0, map: null }
    nodes.set(current, node)
    switch (current.kind) {
      case 'record': {
        const names = current.fields.map(field => (current === type ? rename(field.name) : field.name))
        node.texts = names.map((name, i) => Buffer.from(`${i === 0 ? '{' : ','}${JSON.stringify(name)}:`))
        node.nodes = current.fields.map(field => visit(field.type))
        break
      }
      case 'union':
        node.nodes = current.branches.map(visit)
        break
      case 'array':
        node.nodes = [visit(current.items)]
        break
      case 'map':
        node.map = mapNode(builder.add(current.values))
        node.nodes = [visit(current.values)]
        break
      case 'enum':
        node.texts = current.symbols.map(symbol => Buffer.from(JSON.stringify(symbol)))
        break
      case 'fixed':
        node.size = current.size
        break
    }
    return node
  }
  const root = visit(type)
  for (const { map, nodes: inner } of nodes.values()) if (map !== null) map.innermost = !holdsMap(inner[0], new Set())
  return { root, code: builder.build().code }
}

const mapNode = (valuePlace: number): MapNode => {
  const keys = new KnownKeys([])
  return { keys, keyTexts: [], seen: new Int32Array(keys.mostKeys), run: 0, innermost: false, valuePlace }
}

const opOf = (type: AvroType): number => {
  if (type.kind === 'long') return type.logicalType?.endsWith('timestamp-micros') ? JsonOp.micros : JsonOp.int
  return type.kind === 'string' ? JsonOp.text : JsonOp[type.kind]
}

const holdsMap = (node: JsonNode, passed: Set<JsonNode>): boolean => {
  if (node.map !== null) return true
  if (passed.has(node)) return false
  passed.add(node)
  return node.nodes.some(inner => holdsMap(inner, passed))
}
