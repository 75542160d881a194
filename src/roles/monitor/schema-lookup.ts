import type { Logger } from 'pino'
import type { Decoder } from '../../events/avro/decoder.ts'
import type { MonitorContext } from './context.ts'
import { untilAvailable } from './retry.ts'

/** How long an id that the registry does not know stays unknown: a flood of such records must not flood the registry. */
const UNKNOWN_FOR_MS = 30_000

/** Fetches writer schemas as records name them. */
export type SchemaLookup = Readonly<{
  /** `known`: the decoder can go on. Waits while the registry is down. */
  load(schemaId: number): Promise<'known' | 'unknown'>
}>

export const createSchemaLookup = (
  { schemas, clock }: Pick<MonitorContext, 'schemas' | 'clock'>,
  decoder: Decoder,
  { logger, signal }: Readonly<{ logger: Logger; signal: AbortSignal }>,
): SchemaLookup => {
  const unknownUntilMs = new Map<number, number>()
  return {
    load: async schemaId => {
      if ((unknownUntilMs.get(schemaId) ?? Number.NEGATIVE_INFINITY) > clock.now()) return 'unknown'
      const schema = await untilAvailable(() => schemas.writerSchema(schemaId), {
        clock,
        logger,
        signal,
        what: `schema ${schemaId}`,
        isTransient: () => true,
      })
      if (schema === null) {
        unknownUntilMs.set(schemaId, clock.now() + UNKNOWN_FOR_MS)
        return 'unknown'
      }
      const fault = decoder.addSchema(schemaId, schema)
      if (fault) logger.warn({ schemaId, reason: fault.reason }, 'records with this schema become dead letters')
      return 'known'
    },
  }
}
