import { Pool } from 'undici'
import type { HttpReply } from './classify.ts'

export type ElasticsearchAddress = Readonly<{ url: string; username?: string; password?: string }>

export type Request = Readonly<{
  method: 'GET' | 'PUT' | 'POST'
  /** With its query. */
  path: string
  body?: Buffer | string
  contentType?: string
}>

/** HTTP to one Elasticsearch (or OpenSearch) address. Throws nothing: what fails is a value. */
export type ElasticsearchClient = Readonly<{
  send(request: Request): Promise<HttpReply>
  /** Cuts off what is under way. */
  close(): Promise<void>
}>

export type ElasticsearchClientOptions = Readonly<{
  /** At most so many requests are under way; others wait. */
  connections: number
  connectTimeoutMs: number
  /** Until an answer begins, and between its parts. Elasticsearch itself gives up a bulk after a minute. */
  requestTimeoutMs: number
}>

const DEFAULTS: ElasticsearchClientOptions = { connections: 4, connectTimeoutMs: 5_000, requestTimeoutMs: 70_000 }

export const createElasticsearchClient = (
  { url, username, password }: ElasticsearchAddress,
  options: Partial<ElasticsearchClientOptions> = {},
): ElasticsearchClient => {
  const { connections, connectTimeoutMs, requestTimeoutMs } = { ...DEFAULTS, ...options }
  const { origin, pathname, username: urlUser, password: urlPassword } = new URL(url)
  const prefix = pathname.replace(/\/+$/, '')
  const user = username ?? decodeURIComponent(urlUser)
  const credentials = `${user}:${password ?? decodeURIComponent(urlPassword)}`
  const authorization = user === '' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
  const pool = new Pool(origin, {
    connections,
    connect: { timeout: connectTimeoutMs },
    headersTimeout: requestTimeoutMs,
    bodyTimeout: requestTimeoutMs,
  })
  return {
    send: async ({ method, path, body, contentType }) => {
      try {
        const response = await pool.request({
          method,
          path: `${prefix}${path}`,
          body: body ?? null,
          headers: { ...authorization, ...(contentType === undefined ? {} : { 'content-type': contentType }) },
        })
        return { kind: 'reply', status: response.statusCode, body: await response.body.text() }
      } catch (error) {
        return {
          kind: 'unreachable',
          reason: `${origin}: ${error instanceof Error ? error.message || error.name : String(error)}`,
        }
      }
    },
    close: () => pool.destroy(),
  }
}
