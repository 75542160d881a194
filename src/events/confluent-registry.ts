import { COMPATIBILITY, SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry'
import avro from 'avsc'
import { RegistryUnavailable, SchemaRefused, type SchemaSource } from './registry.ts'

export type ConfluentRegistryOptions = Readonly<{
  url: string
  username?: string
  password?: string
  /** How long one request may take. */
  timeoutMs?: number
  /** Attempts after the first, when the registry is down or answers 5xx. */
  retries?: number
}>

const CLIENT_ID = 'tidemark'
const DEFAULT_TIMEOUT_MS = 10_000
const DEFAULT_RETRIES = 3

export type ConfluentRegistry = SchemaSource &
  Readonly<{
    /** Throws nothing; asks anew each time. */
    health(): Promise<Readonly<{ kind: 'ok' } | { kind: 'down'; reason: string }>>
  }>

/** A schema registry over HTTP. What it answered is kept: an id never changes its schema. */
export const createConfluentRegistry = (options: ConfluentRegistryOptions): ConfluentRegistry => {
  const { url, username, password, timeoutMs = DEFAULT_TIMEOUT_MS, retries = DEFAULT_RETRIES } = options
  const raw = createRawSchemas()
  const registry = new SchemaRegistry(
    {
      host: url.replace(/\/+$/, ''),
      clientId: CLIENT_ID,
      ...(username === undefined ? {} : { auth: { username, password: password ?? '' } }),
      retry: { retries },
      middlewares: [() => ({ prepareRequest: async next => (await next()).enhance({ timeout: timeoutMs }) })],
    },
    { [SchemaType.AVRO]: { typeHook: raw.hook } },
  )
  const ids = new Map<string, Promise<number>>()

  const registerNow = async (subject: string, schema: string): Promise<number> => {
    try {
      return (await register(registry, subject, schema, COMPATIBILITY.BACKWARD)).id
    } catch (error) {
      if (isRefusal(error)) throw new SchemaRefused(`the schema registry refuses the schema of ${subject}: ${messageOf(error)}`)
      throw unavailable(url, error)
    }
  }

  return {
    writerSchema: async id => {
      try {
        const schema = await registry.getSchema(id)
        return raw.textOf(schema) ?? JSON.stringify(`a ${registry.cache.getSchema(id)?.type} schema`)
      } catch (error) {
        if (statusOf(error) === 404 && !isAnyNotFound(error)) return null
        throw unavailable(url, error)
      }
    },
    register: (subject, schemaJson) => {
      const key = JSON.stringify([subject, schemaJson])
      const known = ids.get(key)
      if (known !== undefined) return known
      const asked = registerNow(subject, schemaJson)
      ids.set(key, asked)
      asked.catch(() => ids.delete(key))
      return asked
    },
    health: async () => {
      try {
        await registry.getLatestSchemaId('tidemark-health')
        return { kind: 'ok' }
      } catch (error) {
        if (statusOf(error) === 404 && !isAnyNotFound(error)) return { kind: 'ok' }
        return { kind: 'down', reason: unavailable(url, error).message }
      }
    },
  }
}

const register = async (registry: SchemaRegistry, subject: string, schema: string, compatibility: COMPATIBILITY) => {
  const confluent = { type: SchemaType.AVRO, schema } as const
  try {
    return await registry.register(confluent, { subject, compatibility })
  } catch (error) {
    // Somebody made the subject at the same moment: now it is there.
    if (isRefusal(error) && messageOf(error).includes('already exists'))
      return registry.register(confluent, { subject, compatibility })
    // The library refuses a subject whose administrator chose another level than the one it is told: theirs holds.
    const level = /\(BACKWARD != (\w+)\)/.exec(messageOf(error))?.[1]
    if (level === undefined) throw error
    return registry.register(confluent, { subject, compatibility: level as COMPATIBILITY })
  }
}

/**
 * The JSON of schemas as the registry has it. The library compiles what it fetches with avsc, which knows fewer schemas than
 * Java's Avro accepts, drops logical types, and makes code out of names: its hook gives it a stand-in instead.
 */
const createRawSchemas = () => {
  const texts = new WeakMap<object, () => string>()
  // The library calls the hook with the options of one schema: for the schemas that it refers to, then for itself.
  const seen = new WeakMap<object, unknown[]>()
  const hook = (schema: avro.Schema, options: object): avro.Type => {
    const all = seen.get(options) ?? []
    all.push(schema)
    seen.set(options, all)
    const standIn = avro.Type.forSchema({ type: 'fixed', name: 'StandIn', size: 1 })
    texts.set(standIn, () =>
      all.length === 1 ? JSON.stringify(schema) : JSON.stringify({ references: all.slice(0, -1), type: schema }),
    )
    return standIn
  }
  return { hook, textOf: (schema: object): string | undefined => texts.get(schema)?.() }
}

const statusOf = (error: unknown): number | undefined =>
  typeof error === 'object' && error !== null && 'status' in error && typeof error.status === 'number' ? error.status : undefined

/** Without the client's name, with which the library begins. */
const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(`${CLIENT_ID} - `, '')

const REFUSED_STATUS: readonly (number | undefined)[] = [409, 422]
const isRefusal = (error: unknown): boolean => REFUSED_STATUS.includes(statusOf(error))

/** A 404 of something else than a registry: those say in JSON what they miss. */
const isAnyNotFound = (error: unknown): boolean => messageOf(error).includes('Error, status 404')

const unavailable = (url: string, error: unknown): RegistryUnavailable => {
  const status = statusOf(error)
  if (status === 401 || status === 403) {
    return new RegistryUnavailable(
      `the schema registry at ${url} refuses the credentials (${status}): check schemaRegistry.username and password`,
    )
  }
  if (status === 404) {
    return new RegistryUnavailable(`${url} is no schema registry (404): check the path in schemaRegistry.url`)
  }
  return new RegistryUnavailable(`the schema registry at ${url} does not answer as it should: ${messageOf(error)}`, {
    cause: error,
  })
}
