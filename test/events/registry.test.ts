import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parseSchema } from '../../src/events/avro/schema.ts'
import { type ConfluentRegistry, createConfluentRegistry } from '../../src/events/confluent-registry.ts'
import { createMemoryRegistry, RegistryUnavailable, SchemaRefused, type SchemaSource } from '../../src/events/registry.ts'
import { SCHEMAS, valueSubject } from '../../src/events/schemas.ts'

/** What a registry of Confluent's kind answers, and how it fails. */
type Fake = {
  server: Server
  url: string
  requests: string[]
  schemas: { schema: string; schemaType?: string; references?: unknown[] }[]
  level: string | null
  failure: { status: number; body: string } | 'silent' | null
}
const fake: Fake = { server: createServer(), url: '', requests: [], schemas: [], level: null, failure: null }

const bodyOf = async (request: IncomingMessage): Promise<{ schema: string }> => {
  let text = ''
  for await (const chunk of request) text += chunk
  return JSON.parse(text === '' ? '{}' : text)
}

const answer = async (request: IncomingMessage): Promise<readonly [number, unknown]> => {
  const path = decodeURIComponent((request.url ?? '').replace(/\?.*/, ''))
  const id = /^\/schemas\/ids\/(\d+)$/.exec(path)?.[1]
  const notFound = (code: number) => [404, { error_code: code, message: 'not found' }] as const
  if (id !== undefined) return fake.schemas[Number(id) - 1] === undefined ? notFound(40403) : [200, fake.schemas[Number(id) - 1]]
  if (path.startsWith('/config/')) {
    if (request.method === 'PUT') fake.level = 'BACKWARD'
    return fake.level === null ? notFound(40401) : [200, { compatibilityLevel: fake.level }]
  }
  if (path === '/subjects/users/versions/1') return [200, { id: 9, subject: 'users', version: 1, schema: USER }]
  if (/^\/subjects\/[^/]+\/versions$/.test(path)) {
    const { schema } = await bodyOf(request)
    const known = fake.schemas.findIndex(other => other.schema === schema)
    return [200, { id: known >= 0 ? known + 1 : fake.schemas.push({ schema }) }]
  }
  return notFound(40401)
}

const USER = JSON.stringify({ type: 'record', name: 'User', namespace: 'shop', fields: [{ name: 'age', type: 'int' }] })

beforeAll(async () => {
  fake.server.on('request', async (request, response) => {
    fake.requests.push(`${request.method} ${decodeURIComponent(request.url ?? '')}`)
    if (fake.failure === 'silent') return
    const [status, body] = fake.failure === null ? await answer(request) : [fake.failure.status, fake.failure.body]
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  await new Promise<void>(done => {
    fake.server.listen(0, '127.0.0.1', done)
  })
  fake.url = `http://127.0.0.1:${(fake.server.address() as AddressInfo).port}`
})
afterAll(() => {
  fake.server.closeAllConnections()
  fake.server.close()
})
beforeEach(() => Object.assign(fake, { requests: [], schemas: [], level: null, failure: null }))

const confluent = (url = fake.url): ConfluentRegistry => createConfluentRegistry({ url, retries: 0, timeoutMs: 300 })

describe.each<[string, () => SchemaSource]>([
  ['in memory', createMemoryRegistry],
  ['over HTTP', confluent],
])('a schema registry %s', (_, create) => {
  test('gives a registered schema back by its id', async () => {
    const registry = create()
    const id = await registry.register(valueSubject('predictions'), SCHEMAS.prediction)
    expect(JSON.parse((await registry.writerSchema(id)) ?? '')).toEqual(JSON.parse(SCHEMAS.prediction))
    expect(await registry.register(valueSubject('predictions'), SCHEMAS.prediction)).toBe(id)
    expect(await registry.register(valueSubject('other'), SCHEMAS.alert)).not.toBe(id)
  })

  test('knows nothing of other ids', async () => {
    expect(await create().writerSchema(4711)).toBeNull()
  })
})

describe('the registry in memory', () => {
  test('refuses what is no schema', async () => {
    const registered = createMemoryRegistry().register('alerts-value', '{"type": "alert"}')
    await expect(registered).rejects.toThrow(
      new SchemaRefused('the schema of alerts-value is refused: type "alert" is not defined'),
    )
  })

  test('can be set down', async () => {
    const registry = createMemoryRegistry()
    registry.setDown(true)
    await expect(registry.writerSchema(1)).rejects.toThrow(RegistryUnavailable)
    await expect(registry.register('s', SCHEMAS.alert)).rejects.toThrow(RegistryUnavailable)
    registry.setDown(false)
    expect(await registry.register('s', SCHEMAS.alert)).toBe(1)
  })
})

describe('the registry over HTTP', () => {
  test('is asked once for a schema', async () => {
    fake.schemas.push({ schema: SCHEMAS.alert })
    const registry = confluent()
    await Promise.all([registry.writerSchema(1), registry.writerSchema(1)])
    await registry.writerSchema(1)
    expect(fake.requests).toEqual(['GET /schemas/ids/1'])
  })

  test('gives schemas as they are, though avsc would not compile them', async () => {
    // A default of the second branch: wrong by the specification, written by some serializers, and no matter to a reader.
    const odd =
      '{"type":"record","name":"P","fields":[{"name":"a","type":["null","string"],"default":"x"},{"name":"t","type":{"type":"long","logicalType":"timestamp-micros"}}]}'
    fake.schemas.push({ schema: odd })
    expect(JSON.parse((await confluent().writerSchema(1)) ?? '')).toEqual(JSON.parse(odd))
  })

  test('sends the schemas along that a schema refers to', async () => {
    const event = {
      type: 'record',
      name: 'Event',
      fields: [
        { name: 'user', type: 'shop.User' },
        { name: 'other', type: 'shop.User' },
      ],
    }
    fake.schemas.push({ schema: JSON.stringify(event), references: [{ name: 'shop.User', subject: 'users', version: 1 }] })
    const schema = (await confluent().writerSchema(1)) ?? ''
    expect(JSON.parse(schema)).toEqual({ references: [JSON.parse(USER)], type: event })
    expect(parseSchema(schema)).toMatchObject({
      kind: 'record',
      fields: [{ type: { name: 'shop.User' } }, { type: { name: 'shop.User' } }],
    })
  })

  test('gives schemas that are not Avro as no type that anyone knows', async () => {
    fake.schemas.push({ schema: '{"type":"object"}', schemaType: 'JSON' })
    const schema = (await confluent().writerSchema(1)) ?? ''
    expect(() => parseSchema(schema)).toThrow('type "a JSON schema" is not defined')
  })

  test('keeps the compatibility level that an administrator has set', async () => {
    fake.level = 'FULL_TRANSITIVE'
    expect(await confluent().register('alerts-value', SCHEMAS.alert)).toBe(1)
    expect(fake.level).toBe('FULL_TRANSITIVE')
  })

  test('says what is wrong when it is not there', async () => {
    await expect(confluent('http://127.0.0.1:1').writerSchema(1)).rejects.toThrow(
      /^the schema registry at http:\/\/127.0.0.1:1 does not answer as it should: .*ECONNREFUSED/,
    )
    await expect(confluent('http://127.0.0.1:1').register('s', SCHEMAS.alert)).rejects.toThrow(RegistryUnavailable)
  })

  test.each([
    [{ status: 500, body: '{"error_code":50001,"message":"store is down"}' }, 'store is down'],
    [{ status: 503, body: '<html>busy</html>' }, '503'],
    [{ status: 500, body: '' }, '500'],
    [
      { status: 401, body: '{"error_code":401,"message":"who?"}' },
      'refuses the credentials (401): check schemaRegistry.username and password',
    ],
    [{ status: 404, body: '<html>nothing here</html>' }, 'is no schema registry (404): check the path in schemaRegistry.url'],
    [{ status: 404, body: '' }, 'is no schema registry (404): check the path in schemaRegistry.url'],
  ])('is unavailable, not ignorant, when it answers %o', async (failure, message) => {
    fake.failure = failure
    const registry = confluent()
    await expect(registry.writerSchema(1)).rejects.toThrow(RegistryUnavailable)
    await expect(registry.writerSchema(1)).rejects.toThrow(message)
    await expect(registry.register('s', SCHEMAS.alert)).rejects.toThrow(RegistryUnavailable)
    expect(await registry.health()).toMatchObject({ kind: 'down', reason: expect.stringContaining(message) })
  })

  test('is unavailable when it does not answer in time, and asked again later', async () => {
    fake.failure = 'silent'
    const registry = confluent()
    await expect(registry.writerSchema(1)).rejects.toThrow(/Timeout \(300ms\)/)
    fake.failure = null
    fake.schemas.push({ schema: SCHEMAS.alert })
    expect(await registry.writerSchema(1)).not.toBeNull()
  })

  test.each([409, 422])('refuses a schema with %i', async status => {
    fake.failure = { status, body: `{"error_code":${status},"message":"incompatible with an earlier schema"}` }
    const registry = confluent()
    await expect(registry.register('alerts-value', SCHEMAS.alert)).rejects.toThrow(SchemaRefused)
    await expect(registry.register('alerts-value', SCHEMAS.alert)).rejects.toThrow(
      'refuses the schema of alerts-value: incompatible',
    )
  })

  test('is in health when it answers, whatever it knows', async () => {
    expect(await confluent().health()).toEqual({ kind: 'ok' })
  })
})
