import type { Logger } from 'pino'
import type { Clock } from '../../clock.ts'
import { FRAME_BYTES } from '../../events/avro/frame.ts'
import { createTranscoder } from '../../events/json-transcode.ts'
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

const BRACE = 0x7b

/** Values in Confluent's wire format, by the schemas they were written with: every field that the gateway wrote, known or not. */
export const createTranscode = (schemas: SchemaSource, { clock, logger }: TranscodeOptions): Transcode => {
  const transcoder = createTranscoder()
  const unknownUntilMs = new Map<number, number>()

  const now: Transcode = (bytes, start, end) => {
    const failed = transcoder.transcode(bytes, start, end) !== 0
    if (failed) return { kind: 'undecodable', reason: transcoder.fault()?.reason ?? 'unknown' }
    if (transcoder.json()[0] !== BRACE)
      return { kind: 'undecodable', reason: `schema ${transcoder.schemaId()} is not of a record` }
    return { kind: 'json', text: transcoder.text() }
  }

  const afterSchema = async (schemaId: number, bytes: Buffer, start: number, end: number): Promise<Transcoded> => {
    try {
      const schema = await schemas.writerSchema(schemaId)
      if (schema === null) {
        unknownUntilMs.set(schemaId, clock.now() + UNKNOWN_FOR_MS)
        logger.warn({ schemaId }, 'archive: skips records of a schema that the registry does not know')
      } else {
        unknownUntilMs.delete(schemaId)
        const fault = transcoder.addSchema(schemaId, schema)
        if (fault !== undefined) logger.warn({ schemaId, reason: fault.reason }, 'archive: skips records of this schema')
      }
    } catch (error) {
      return { kind: 'unavailable', reason: error instanceof Error ? error.message : String(error) }
    }
    return now(bytes, start, end)
  }

  return (bytes, start, end) => {
    const framed = end - start >= FRAME_BYTES && bytes[start] === 0
    const schemaId = framed ? bytes.readInt32BE(start + 1) : -1
    const askFirst =
      framed && !transcoder.hasSchema(schemaId) && (unknownUntilMs.get(schemaId) ?? Number.NEGATIVE_INFINITY) <= clock.now()
    return askFirst ? afterSchema(schemaId, bytes, start, end) : now(bytes, start, end)
  }
}
