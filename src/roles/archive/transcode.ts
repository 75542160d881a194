import type { Logger } from 'pino'
import type { Clock } from '../../clock.ts'
import { avroType } from '../../events/avro/codec.ts'
import { FRAME_BYTES } from '../../events/avro/frame.ts'
import type { SchemaSource } from '../../events/registry.ts'

/** A record's value as the text of a JSON object. */
export type Transcoded =
  | Readonly<{ kind: 'json'; text: string }>
  | Readonly<{ kind: 'undecodable'; reason: string }>
  /** The schema registry does not answer: the same record later. */
  | Readonly<{ kind: 'unavailable'; reason: string }>

/** Of `bytes[start, end)`. A promise only where a schema must be fetched first. */
export type Transcode = (bytes: Buffer, start: number, end: number) => Transcoded | Promise<Transcoded>

export type TranscodeOptions = Readonly<{ clock: Clock; logger: Pick<Logger, 'warn'> }>

/** How long an id that the registry does not know stays unknown: a flood of such records must not flood the registry. */
const UNKNOWN_FOR_MS = 30_000

type Writer = (payload: Buffer) => Transcoded

/** Values in Confluent's wire format, by the schemas they were written with: every field that the gateway wrote, known or not. */
export const createTranscode = (schemas: SchemaSource, { clock, logger }: TranscodeOptions): Transcode => {
  const writers = new Map<number, Readonly<{ writer: Writer; untilMs: number }>>()

  const fetchWriter = async (schemaId: number): Promise<Writer> => {
    let schema: string | null
    try {
      schema = await schemas.writerSchema(schemaId)
    } catch (error) {
      return () => ({ kind: 'unavailable', reason: error instanceof Error ? error.message : String(error) })
    }
    const writer = schema === null ? undecodable(`schema ${schemaId} is not in the schema registry`) : jsonWriter(schema)
    writers.set(schemaId, { writer, untilMs: schema === null ? clock.now() + UNKNOWN_FOR_MS : Number.POSITIVE_INFINITY })
    if (schema === null) logger.warn({ schemaId }, 'archive: skips records of a schema that the registry does not know')
    return writer
  }

  return (bytes, start, end) => {
    if (end - start < FRAME_BYTES || bytes[start] !== 0) return { kind: 'undecodable', reason: 'not in Confluent’s wire format' }
    const schemaId = bytes.readInt32BE(start + 1)
    const payload = bytes.subarray(start + FRAME_BYTES, end)
    const known = writers.get(schemaId)
    if (known !== undefined && known.untilMs > clock.now()) return known.writer(payload)
    return fetchWriter(schemaId).then(writer => writer(payload))
  }
}

const undecodable =
  (reason: string): Writer =>
  () => ({ kind: 'undecodable', reason })

const jsonWriter = (schemaJson: string): Writer => {
  try {
    const type = avroType(schemaJson)
    return payload => {
      try {
        return { kind: 'json', text: JSON.stringify(type.fromBuffer(payload)) }
      } catch (error) {
        return { kind: 'undecodable', reason: error instanceof Error ? error.message : String(error) }
      }
    }
  } catch (error) {
    return undecodable(error instanceof Error ? error.message : String(error))
  }
}
