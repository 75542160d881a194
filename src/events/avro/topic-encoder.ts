import type { SchemaSource } from '../registry.ts'
import { SCHEMAS, type SchemaName, valueSubject } from '../schemas.ts'
import { type Contract, codecs } from './codec.ts'

/** Registers the schema of a topic's values, and gives the function that makes framed bytes of them. */
export const createTopicEncoder = async <N extends SchemaName>(
  name: N,
  topic: string,
  schemas: SchemaSource,
): Promise<(value: Contract[N]) => Buffer> => {
  const schemaId = await schemas.register(valueSubject(topic), SCHEMAS[name])
  const codec = codecs[name]
  return value => codec.encodeFramed(schemaId, value)
}
