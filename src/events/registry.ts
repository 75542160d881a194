import { parseSchema } from './avro/schema.ts'

/**
 * Where writer schemas come from: a schema registry that speaks Confluent's API, or the twin in memory. Both calls are safe
 * to repeat.
 */
export type SchemaSource = Readonly<{
  /**
   * The schema of an id, as JSON; null when the registry does not know the id. Where a schema refers to others, they come with
   * it: `{"references": [schema, ...], "type": schema}`. Throws `RegistryUnavailable`.
   */
  writerSchema(id: number): Promise<string | null>
  /** The id of the schema under the subject, registered now or before. Throws `RegistryUnavailable` or `SchemaRefused`. */
  register(subject: string, schemaJson: string): Promise<number>
}>

/** The registry cannot be asked now: nothing is known about the schema, and asking again later may help. */
export class RegistryUnavailable extends Error {
  override readonly name = 'RegistryUnavailable'
}

/** The registry will not take a schema (incompatible with the one before, or none at all): asking again does not help. */
export class SchemaRefused extends Error {
  override readonly name = 'SchemaRefused'
}

/** A registry in this process, with the port's own faults at hand. */
export type MemoryRegistry = SchemaSource & Readonly<{ setDown(down: boolean): void }>

export const createMemoryRegistry = (): MemoryRegistry => {
  const schemas: string[] = []
  let down = false
  const beAsked = (): void => {
    if (down) throw new RegistryUnavailable('the schema registry in memory was set down')
  }
  return {
    writerSchema: async id => {
      beAsked()
      return schemas[id - 1] ?? null
    },
    // Ids are of schemas, not of subjects, as in Confluent's registry.
    register: async (subject, schemaJson) => {
      beAsked()
      try {
        parseSchema(schemaJson)
      } catch (error) {
        throw new SchemaRefused(`the schema of ${subject} is refused: ${error instanceof Error ? error.message : String(error)}`)
      }
      const text = JSON.stringify(JSON.parse(schemaJson))
      const known = schemas.indexOf(text)
      return known >= 0 ? known + 1 : schemas.push(text)
    },
    setDown: to => {
      down = to
    },
  }
}
