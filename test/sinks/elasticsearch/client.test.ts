import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createElasticsearchClient, type ElasticsearchAddress } from '../../../src/sinks/elasticsearch/client.ts'

type Seen = Readonly<{ line: string; authorization: string | undefined; contentType: string | undefined; body: string }>

let port: number
let seen: Seen[]
const server = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  const { authorization, 'content-type': contentType } = request.headers
  seen.push({ line: `${request.method} ${request.url}`, authorization, contentType, body })
  response.writeHead(418).end('short')
})
beforeEach(async () => {
  seen = []
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterEach(() => new Promise<void>(resolve => server.close(() => resolve())))

/** Sends one request by a client of its own. */
const send = async (address: ElasticsearchAddress, body?: string) => {
  const client = createElasticsearchClient(address, { connectTimeoutMs: 1_000 })
  const reply = await client.send({
    method: 'POST',
    path: '/_bulk?a=b',
    ...(body === undefined ? {} : { body, contentType: 'text/x' }),
  })
  await client.close()
  return reply
}
const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`

test('a reply is its status and its text, whatever the status', async () => {
  expect(await send({ url: `http://127.0.0.1:${port}` }, 'x')).toEqual({ kind: 'reply', status: 418, body: 'short' })
  expect(seen).toEqual([{ line: 'POST /_bulk?a=b', authorization: undefined, contentType: 'text/x', body: 'x' }])
})

test('a path in the address comes first, as behind a proxy', async () => {
  await send({ url: `http://127.0.0.1:${port}/search/` })
  expect(seen.map(({ line }) => line)).toEqual(['POST /search/_bulk?a=b'])
})

test('credentials come from the configuration, else from the address, and are in no reason', async () => {
  await send({ url: `http://127.0.0.1:${port}`, username: 'me', password: 'sesame' })
  await send({ url: `http://you:p%40ss@127.0.0.1:${port}` })
  await send({ url: `http://you:pass@127.0.0.1:${port}`, username: 'me', password: 'sesame' })
  expect(seen.map(({ authorization }) => authorization)).toEqual([basic('me:sesame'), basic('you:p@ss'), basic('me:sesame')])
  const reply = await send({ url: 'http://you:pass@127.0.0.1:1', username: 'me', password: 'sesame' })
  expect(reply).toEqual({ kind: 'unreachable', reason: expect.stringContaining('ECONNREFUSED') })
  expect(JSON.stringify(reply)).not.toMatch(/pass|sesame/)
})
