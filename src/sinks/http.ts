import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'
import type { Readiness } from './readiness.ts'

export type Reply = Readonly<{ status: number; contentType: string; body: string }>

/** Path to what answers a GET of it. */
export type Routes = Readonly<Record<string, () => Promise<Reply>>>

export type HttpServer = Readonly<{
  host: string
  /** The one it got, where 0 was asked for. */
  port: number
  /** Takes no more requests, lets those under way finish for at most `graceMs`. */
  close(graceMs?: number): Promise<void>
}>

/** The address cannot be had: a configuration error, said as one. */
export class ListenError extends Error {
  override name = 'ListenError'
}

/** What a process tells of itself. */
export type Operations = Readonly<{
  contentType: string
  metrics(): Promise<string>
  readiness: Readiness
  /** What of it turns no more, so that only a restart helps; empty: it lives. */
  hung?(): Promise<readonly string[]>
}>

/** `/metrics`, `/livez` and `/readyz`: what every role serves. */
export const operationsRoutes = ({ contentType, metrics, readiness, hung }: Operations): Routes => ({
  '/metrics': async () => ({ status: 200, contentType, body: await metrics() }),
  '/livez': async () => {
    const parts = (await hung?.()) ?? []
    return parts.length === 0 ? text(200, 'ok\n') : text(503, `${parts.join('\n')}\n`)
  },
  '/readyz': async () => {
    const dependencies = await readiness()
    const down = dependencies.filter(({ ok }) => !ok).map(({ name }) => name)
    const ready = down.length === 0
    return json(ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', waitingFor: down, dependencies })
  },
})

/** Those of one registry. */
export const registryOperations = (registry: Registry, readiness: Readiness): Operations => ({
  contentType: registry.contentType,
  metrics: () => registry.metrics(),
  readiness,
})

export const startHttpServer = async (
  { host, port }: Readonly<{ host: string; port: number }>,
  routes: Routes,
): Promise<HttpServer> => {
  const server = createServer((request, response) => {
    void answer(request, routes).then(reply => send(server, request, response, reply))
  })
  await listen(server, host, port)
  return {
    host,
    port: (server.address() as AddressInfo).port, // not a pipe: it listens on a port
    close: graceMs => close(server, graceMs ?? 5_000),
  }
}

const answer = async (request: IncomingMessage, routes: Routes): Promise<Reply> => {
  const path = (request.url ?? '/').split('?', 1)[0]
  if (!Object.hasOwn(routes, path)) return text(404, `nothing at ${path}; there is ${Object.keys(routes).join(' ')}\n`)
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, `${request.method} ${path}: only GET and HEAD\n`)
  try {
    return await routes[path]()
  } catch (error) {
    return text(500, `${path}: ${error instanceof Error ? error.message : String(error)}\n`)
  }
}

const send = (server: Server, request: IncomingMessage, response: ServerResponse, reply: Reply): void => {
  request.resume()
  response.writeHead(reply.status, {
    'content-type': reply.contentType,
    'content-length': Buffer.byteLength(reply.body),
    'cache-control': 'no-store',
    ...(reply.status === 405 ? { allow: 'GET, HEAD' } : {}),
    ...(server.listening ? {} : { connection: 'close' }),
  })
  response.end(request.method === 'HEAD' ? undefined : reply.body)
}

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.on('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)))
    server.listen(port, host, resolve)
  })

const listenError = (error: NodeJS.ErrnoException, host: string, port: number): Error => {
  const at = `http: ${host}:${port}`
  if (error.code === 'EADDRINUSE')
    return new ListenError(`${at} is in use by another process; set http.port to a free one (0 picks any)`, { cause: error })
  if (error.code === 'EACCES')
    return new ListenError(`${at} needs more rights than this process has; set http.port above 1023`, { cause: error })
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new ListenError(`${at}: this machine has no such address; set http.host (0.0.0.0 is every interface)`, {
      cause: error,
    })
  return new ListenError(`${at}: ${error.message}`, { cause: error })
}

const close = (server: Server, graceMs: number): Promise<void> =>
  new Promise(resolve => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    server.closeIdleConnections()
  })

const text = (status: number, body: string): Reply => ({ status, contentType: 'text/plain; charset=utf-8', body })
const json = (status: number, body: unknown): Reply => ({
  status,
  contentType: 'application/json; charset=utf-8',
  body: `${JSON.stringify(body)}\n`,
})
