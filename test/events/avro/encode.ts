import { branchName, fieldsOf, isUnion, type Schema } from './schemas.ts'

/** How entries of arrays and maps are cut: one block; a block each; a block each, with its size in bytes before it. */
export type Blocks = 'whole' | 'single' | 'sized'

/**
 * An Avro encoder that writes what avsc does not: blocks of any shape, and maps with repeated keys (as arrays of pairs).
 * Values are wrapped as in schemas.ts. Plain on purpose; avsc reads its bytes back in the tests.
 */
export const encode = (schema: Schema, value: unknown, blocks: Blocks = 'whole'): Buffer => {
  if (isUnion(schema)) {
    const index = schema.findIndex(branch =>
      value === null ? branch === 'null' : branch !== 'null' && branchName(branch) in (value as object),
    )
    const inner = value === null ? Buffer.alloc(0) : encode(schema[index], Object.values(value as object)[0], blocks)
    return Buffer.concat([long(index), inner])
  }
  const type = typeof schema === 'string' ? { type: schema } : (schema as Readonly<{ type: string; [key: string]: unknown }>)
  switch (type.type) {
    case 'null':
      return Buffer.alloc(0)
    case 'boolean':
      return Buffer.from([value === true ? 1 : 0])
    case 'int':
    case 'long':
      return long(value as number | bigint)
    case 'float': {
      const bytes = Buffer.alloc(4)
      bytes.writeFloatLE(value as number)
      return bytes
    }
    case 'double': {
      const bytes = Buffer.alloc(8)
      bytes.writeDoubleLE(value as number)
      return bytes
    }
    case 'string':
      return sized(Buffer.from(value as string))
    case 'bytes':
      return sized(value as Buffer)
    case 'fixed':
      return value as Buffer
    case 'enum':
      return long((type.symbols as string[]).indexOf(value as string))
    case 'array':
      return inBlocks(
        (value as unknown[]).map(item => encode(type.items as Schema, item, blocks)),
        blocks,
      )
    case 'map': {
      const entries = Array.isArray(value) ? (value as [string, unknown][]) : Object.entries(value as object)
      const encoded = entries.map(([key, item]) =>
        Buffer.concat([sized(Buffer.from(key)), encode(type.values as Schema, item, blocks)]),
      )
      return inBlocks(encoded, blocks)
    }
    case 'record':
      return Buffer.concat(
        fieldsOf(type).map(field => encode(field.type, (value as Record<string, unknown>)[field.name], blocks)),
      )
    default:
      throw new Error(`cannot encode ${type.type}`)
  }
}

export const framed = (schemaId: number, payload: Buffer): Buffer => {
  const header = Buffer.alloc(5)
  header.writeInt32BE(schemaId, 1)
  return Buffer.concat([header, payload])
}

export const long = (value: number | bigint): Buffer => {
  const wide = BigInt(value)
  let rest = BigInt.asUintN(64, (wide << 1n) ^ (wide >> 63n))
  const bytes: number[] = []
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return Buffer.from([...bytes, Number(rest)])
}

const sized = (bytes: Buffer): Buffer => Buffer.concat([long(bytes.length), bytes])

const inBlocks = (entries: readonly Buffer[], blocks: Blocks): Buffer => {
  const end = long(0)
  if (entries.length === 0) return end
  if (blocks === 'whole') return Buffer.concat([long(entries.length), ...entries, end])
  const one = (entry: Buffer): Buffer =>
    blocks === 'single' ? Buffer.concat([long(1), entry]) : Buffer.concat([long(-1), long(entry.length), entry])
  return Buffer.concat([...entries.map(one), end])
}
