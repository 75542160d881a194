import avro from 'avsc'
import type { Alert } from '../../windows/alert.ts'
import type { WindowResult } from '../../windows/window-result.ts'
import type { Outcome } from '../outcome.ts'
import type { Prediction } from '../prediction.ts'
import { SCHEMAS, type SchemaName } from '../schemas.ts'
import { frame } from './frame.ts'
import { referencesOf } from './schema.ts'

/**
 * Whole objects to Avro and back: for what is written, and for topics with few records. Predictions by the thousand go
 * through decoder.ts instead.
 */
export type Codec<T> = Readonly<{
  /** The bytes without frame. Throws when the object is not what its type says. */
  encode(value: T): Buffer
  encodeFramed(schemaId: number, value: T): Buffer
  /**
   * Throws when the bytes are not those of the schema, or the writer's schema cannot be read as ours. A writer schema is
   * compiled when it is first seen.
   */
  decode(payload: Buffer, writerSchemaJson?: string): T
}>

/** What each schema describes. */
export type Contract = { prediction: Prediction; outcome: Outcome; windowResult: WindowResult; alert: Alert }

/** avsc's type of a schema: unions are unwrapped where the value tells the branch, records are bare. */
export const avroType = (schemaJson: string): avro.Type => {
  const parsed = JSON.parse(schemaJson)
  const options: Partial<avro.ForSchemaOptions> = { wrapUnions: 'auto', omitRecordMethods: true, registry: {} }
  const references = referencesOf(parsed)
  for (const reference of references) avro.Type.forSchema(reference as avro.Schema, options)
  return avro.Type.forSchema(references.length > 0 ? parsed.type : parsed, options)
}

type Resolver = ReturnType<avro.Type['createResolver']>

const codec = <N extends SchemaName>(name: N): Codec<Contract[N]> => {
  const type = avroType(SCHEMAS[name])
  const resolvers = new Map<string, Resolver | undefined>()
  const resolverOf = (writerSchemaJson: string): Resolver | undefined => {
    if (!resolvers.has(writerSchemaJson)) {
      const writer = avroType(writerSchemaJson)
      resolvers.set(writerSchemaJson, writer.fingerprint().equals(type.fingerprint()) ? undefined : type.createResolver(writer))
    }
    return resolvers.get(writerSchemaJson)
  }
  return {
    encode: value => type.toBuffer(value),
    encodeFramed: (schemaId, value) => frame(schemaId, type.toBuffer(value)),
    decode: (payload, writerSchemaJson = SCHEMAS[name]) => type.fromBuffer(payload, resolverOf(writerSchemaJson)),
  }
}

export const codecs: { readonly [N in SchemaName]: Codec<Contract[N]> } = {
  prediction: codec('prediction'),
  outcome: codec('outcome'),
  windowResult: codec('windowResult'),
  alert: codec('alert'),
}

export const encodePrediction = (prediction: Prediction): Buffer => codecs.prediction.encode(prediction)
