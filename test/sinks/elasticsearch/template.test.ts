import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { createElasticsearchClient } from '../../../src/sinks/elasticsearch/client.ts'
import { forOpenSearch, installTemplate, loadIndexTemplate } from '../../../src/sinks/elasticsearch/template.ts'
import { type BulkServer, startBulkServer } from './bulk-server.ts'

type AvroField = { name: string; type: unknown }
const { fields } = JSON.parse(readFileSync(new URL('../../../schemas/prediction.avsc', import.meta.url), 'utf8')) as {
  fields: readonly AvroField[]
}
const isMap = (type: unknown): boolean => typeof type === 'object' && type !== null && 'type' in type && type.type === 'map'

const properties = async () => {
  const template = await loadIndexTemplate('events')
  const { mappings } = template.template as unknown as {
    mappings: { dynamic: boolean; properties: Record<string, { type?: string }> }
  }
  return mappings
}

describe('the index template', () => {
  test('maps every field of a prediction, and tidemark', async () => {
    const { properties: mapped } = await properties()
    expect(Object.keys(mapped).toSorted()).toEqual([...fields.map(({ name }) => name), 'tidemark'].toSorted())
  })

  test('flattens whatever has free keys, so that no gateway can grow the mapping', async () => {
    const { dynamic, properties: mapped } = await properties()
    expect(dynamic).toBe(false)
    const flattened = Object.keys(mapped).filter(name => mapped[name].type === 'flattened')
    expect(flattened.toSorted()).toEqual(
      fields
        .filter(({ type }) => isMap(type))
        .map(({ name }) => name)
        .toSorted(),
    )
  })

  test('is for the months of the configured index', async () => {
    expect((await loadIndexTemplate('events')).index_patterns).toEqual(['events-*'])
  })

  test('says flat_object to OpenSearch', () => {
    expect(forOpenSearch({ a: [{ type: 'flattened', ignore_above: 3 }], b: { type: 'keyword' } })).toEqual({
      a: [{ type: 'flat_object' }],
      b: { type: 'keyword' },
    })
  })
})

describe('its installation', () => {
  let server: BulkServer | undefined
  let client: ReturnType<typeof createElasticsearchClient> | undefined
  const start = async () => {
    server = await startBulkServer()
    client = createElasticsearchClient({ url: `${server.url}/` })
    return { server, client }
  }
  afterEach(async () => {
    await client?.close()
    await server?.close()
  })

  test('puts it under the index’s name', async () => {
    const { server, client } = await start()
    const template = await loadIndexTemplate('events')
    expect(await installTemplate(client, 'events', template)).toEqual({ kind: 'ok' })
    expect(server.templates.get('events')).toEqual(template)
  })

  test('a refusal is a value, with the reason', async () => {
    const { server, client } = await start()
    server.whole = { status: 400, body: 'conflicting template' }
    expect(await installTemplate(client, 'events', {})).toEqual({
      kind: 'failed',
      reason: 'index template events: HTTP 400: conflicting template',
    })
    await server.close()
    expect(await installTemplate(client, 'events', {})).toMatchObject({ kind: 'failed' })
  })
})
