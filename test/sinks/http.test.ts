import { once } from 'node:events'
import { connect } from 'node:net'
import { Gauge, Registry } from 'prom-client'
import { afterEach, describe, expect, test } from 'vitest'
import {
  type HttpServer,
  ListenError,
  operationsRoutes,
  type Reply,
  registryOperations,
  startHttpServer,
} from '../../src/sinks/http.ts'
import { createReadiness, type Dependency, type Health } from '../../src/sinks/readiness.ts'

const started: HttpServer[] = []
const start = async (dependencies: readonly Dependency[] = [], registry = new Registry()) => {
  const server = await startHttpServer(
    { host: '127.0.0.1', port: 0 },
    operationsRoutes(registryOperations(registry, createReadiness(dependencies, 1_000))),
  )
  started.push(server)
  return `http://127.0.0.1:${server.port}`
}
afterEach(async () => {
  await Promise.all(started.splice(0).map(server => server.close()))
})

const up = async (): Promise<Health> => ({ kind: 'ok' })

describe('/readyz', () => {
  test('is 200 when every dependency is up', async () => {
    const url = await start([
      { name: 'log', check: up },
      { name: 'store', check: up },
    ])
    const response = await fetch(`${url}/readyz`)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      status: 'ready',
      waitingFor: [],
      dependencies: [
        { name: 'log', ok: true, reason: null },
        { name: 'store', ok: true, reason: null },
      ],
    })
  })

  test('is 503 while one is down or still starting, and names it', async () => {
    let monitor: Health = { kind: 'down', reason: 'starting' }
    const url = await start([
      { name: 'log', check: up },
      { name: 'monitor', check: async () => monitor },
      { name: 'store', check: () => Promise.reject(new Error('ECONNREFUSED 127.0.0.1:6379')) },
    ])
    const response = await fetch(`${url}/readyz`)
    expect(response.status).toBe(503)
    expect(await response.json()).toEqual({
      status: 'not ready',
      waitingFor: ['monitor', 'store'],
      dependencies: [
        { name: 'log', ok: true, reason: null },
        { name: 'monitor', ok: false, reason: 'starting' },
        { name: 'store', ok: false, reason: 'ECONNREFUSED 127.0.0.1:6379' },
      ],
    })
    monitor = { kind: 'ok' }
    expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ waitingFor: ['store'] })
  })
})

test('/livez answers while dependencies are down', async () => {
  const url = await start([{ name: 'store', check: () => new Promise(() => {}) }])
  expect((await fetch(`${url}/livez`)).status).toBe(200)
})

test('/metrics shows the registry it was given, in Prometheus’ text format', async () => {
  const registry = new Registry()
  new Gauge({ name: 'a_gauge', help: 'A.', registers: [registry] }).set(3)
  const response = await fetch(`${await start([], registry)}/metrics?x=1`)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(await response.text()).toContain('a_gauge 3')
})

test('other paths and methods are refused, with what there is', async () => {
  const url = await start()
  const missing = await fetch(`${url}/metric`)
  expect([missing.status, await missing.text()]).toEqual([404, 'nothing at /metric; there is /metrics /livez /readyz\n'])
  expect((await fetch(`${url}/constructor`)).status).toBe(404)
  const post = await fetch(`${url}/metrics`, { method: 'POST', body: 'x' })
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  expect(await (await fetch(`${url}/livez`, { method: 'HEAD' })).text()).toBe('')
})

test('a route that throws is a 500, and the server goes on', async () => {
  const server = await startHttpServer(
    { host: '127.0.0.1', port: 0 },
    {
      '/boom': () => Promise.reject(new Error('broken')),
      '/fine': async () => ({ status: 200, contentType: 'text/plain', body: 'x' }),
    },
  )
  started.push(server)
  const response = await fetch(`http://127.0.0.1:${server.port}/boom`)
  expect([response.status, await response.text()]).toEqual([500, '/boom: broken\n'])
  expect((await fetch(`http://127.0.0.1:${server.port}/fine`)).status).toBe(200)
})

test('a port in use is an error that says so and what to set', async () => {
  await start()
  const port = started[0].port
  const error = await startHttpServer({ host: '127.0.0.1', port }, {}).then(
    () => undefined,
    reason => reason,
  )
  expect(error).toBeInstanceOf(ListenError)
  expect(error.message).toBe(`http: 127.0.0.1:${port} is in use by another process; set http.port to a free one (0 picks any)`)
})

describe('close', () => {
  test('lets a request under way finish', async () => {
    let arrived = () => {}
    const underWay = new Promise<void>(resolve => {
      arrived = resolve
    })
    let release = (_reply: Reply) => {}
    const reply = new Promise<Reply>(resolve => {
      release = resolve
    })
    const server = await startHttpServer(
      { host: '127.0.0.1', port: 0 },
      {
        '/slow': () => {
          arrived()
          return reply
        },
      },
    )
    const response = fetch(`http://127.0.0.1:${server.port}/slow`)
    await underWay
    const closed = server.close()
    release({ status: 200, contentType: 'text/plain', body: 'done' })
    expect(await (await response).text()).toBe('done')
    await closed
  })

  test('does not wait for idle connections, nor for ever', async () => {
    const server = await startHttpServer(
      { host: '127.0.0.1', port: 0 },
      { '/stuck': () => new Promise(() => {}), '/fine': async () => ({ status: 200, contentType: 'text/plain', body: 'x' }) },
    )
    const idle = connect(server.port, '127.0.0.1')
    await once(idle, 'connect')
    const stuck = fetch(`http://127.0.0.1:${server.port}/stuck`).catch(() => 'cut off')
    await fetch(`http://127.0.0.1:${server.port}/fine`)
    await server.close(20)
    expect(await stuck).toBe('cut off')
  })
})
