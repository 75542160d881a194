import { Cursor } from './avro/cursor.ts'
import { Code, DECODE_RESULTS, type Fault, faultReason } from './avro/faults.ts'
import { FRAME_BYTES } from './avro/frame.ts'
import { type JsonPlan, jsonPlanOf } from './avro/json-node.ts'
import { JsonWriter } from './avro/json-writer.ts'
import { type AvroType, parseSchema, SchemaError } from './avro/schema.ts'
import { JsonBuffer } from './json-buffer.ts'

/**
 * Confluent-framed Avro records of any schema to JSON text, without an object in between: as `JSON.stringify` of what avsc
 * decodes, with unions unwrapped, and
 * - NaN and infinities are null; longs beyond 2^53 keep all their digits;
 * - timestamp-micros become milliseconds, as all times; other logical types are the numbers that they rest on;
 * - bytes and fixed are base64;
 * - of a map's key that comes twice, the last value counts;
 * - `timestamp` is written as `time` where a record has no `time` (as the decoder reads it).
 */
export type Transcoder = Readonly<{
  /** A schema that cannot be used is remembered: `transcode` answers `bad-schema`. */
  addSchema(id: number, writerSchemaJson: string): Fault | undefined
  hasSchema(id: number): boolean
  /** Of `bytes[start, end)`. 0: `text` and `json` hold it. Else a position in `DECODE_RESULTS`. */
  transcode(bytes: Buffer, start: number, end: number): number
  text(): string
  /** UTF-8; valid until the next call. */
  json(): Buffer
  schemaId(): number
  fault(): Fault | undefined
}>

/** Some records take more room as JSON than they should: arrays of nulls take none at all in Avro. */
const DEFAULT_MAX_JSON_BYTES = 16 * 1024 * 1024

type Prepared = Readonly<{ kind: 'plan'; plan: JsonPlan } | { kind: 'fault'; reason: string }>

export const createTranscoder = ({
  maxJsonBytes = DEFAULT_MAX_JSON_BYTES,
}: Readonly<{ maxJsonBytes?: number }> = {}): Transcoder => {
  const prepared = new Map<number, Prepared>()
  const out = new JsonBuffer()
  const cursor = new Cursor()
  const writer = new JsonWriter(cursor, out, maxJsonBytes)
  let schemaId = -1
  let result: number = Code.ok

  const transcode = (bytes: Buffer, start: number, end: number): number => {
    out.length = 0
    schemaId = -1
    if (start < 0) return Code.nullValue
    if (end - start < FRAME_BYTES || bytes[start] !== 0) return Code.notAvro
    schemaId = bytes.readInt32BE(start + 1)
    const found = prepared.get(schemaId)
    if (found === undefined) return Code.unknownSchema
    if (found.kind === 'fault') return Code.badSchema
    if (cursor.bytes !== bytes) {
      cursor.bytes = bytes
      cursor.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    }
    cursor.pos = start + FRAME_BYTES
    cursor.end = end
    cursor.fault = Code.ok
    writer.writeRoot(found.plan)
    if (cursor.fault !== Code.ok) return cursor.fault
    return cursor.pos === end ? Code.ok : Code.trailingBytes
  }

  const fault = (): Fault | undefined => {
    const kind = DECODE_RESULTS[result]
    if (kind === 'ok') return undefined
    const found = prepared.get(schemaId)
    const schema = schemaId < 0 ? '' : ` (schema ${schemaId})`
    return { kind, reason: `${faultReason(result)}${schema}${found?.kind === 'fault' ? `: ${found.reason}` : ''}` }
  }

  return {
    addSchema: (id, writerSchemaJson) => {
      const made = prepare(writerSchemaJson)
      prepared.set(id, made)
      return made.kind === 'fault' ? { kind: 'bad-schema', reason: `schema ${id} cannot be read: ${made.reason}` } : undefined
    },
    hasSchema: id => prepared.has(id),
    transcode: (bytes, start, end) => {
      result = transcode(bytes, start, end)
      return result
    },
    text: () => out.bytes.toString('utf8', 0, out.length),
    json: () => out.bytes.subarray(0, out.length),
    schemaId: () => schemaId,
    fault,
  }
}

const prepare = (writerSchemaJson: string): Prepared => {
  try {
    const type = parseSchema(writerSchemaJson)
    return { kind: 'plan', plan: jsonPlanOf(type, renamed(type)) }
  } catch (error) {
    if (error instanceof SchemaError) return { kind: 'fault', reason: error.message }
    throw error
  }
}

const renamed = (type: AvroType): ((field: string) => string) => {
  const hasTime = type.kind === 'record' && type.fields.some(field => field.name === 'time')
  return name => (name === 'timestamp' && !hasTime ? 'time' : name)
}
