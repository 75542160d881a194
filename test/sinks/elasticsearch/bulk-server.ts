import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A document as the server has it. */
export type Stored = Readonly<{ index: string; id: string; source: Record<string, unknown> }>

type ItemReply = Readonly<{ status: number; error?: Readonly<{ type: string; reason: string }> }>

/**
 * As much of Elasticsearch as the archive needs, over real HTTP, that can be told to misbehave: `create` of an id that is
 * there is 409, a source with a zero byte in a key is 400. What it answers was copied from the real one.
 */
export type BulkServer = {
  readonly url: string
  readonly stored: Map<string, Stored>
  readonly templates: Map<string, unknown>
  /** Ids of each bulk request, in order of arrival, whatever it was answered. */
  readonly requests: (readonly string[])[]
  /**
   * Instead of doing what a bulk request says; or after doing it: no answer (`hang`), a closed connection before it (`cut`) or in
   * its middle (`half`), half of its text as if that were all (`garbled`).
   */
  whole: null | Readonly<{ status: number; body: string }> | 'hang' | 'cut' | 'half' | 'garbled'
  /** A bulk request waits for it before anything is done. */
  gate: Promise<void> | null
  /** Instead of creating a document. */
  item: (id: string) => ItemReply | undefined
  /** Larger bodies are 413. */
  maxBytes: number
  close(): Promise<void>
}

const EXISTS: ItemReply = {
  status: 409,
  error: { type: 'version_conflict_engine_exception', reason: 'version conflict, document already exists (current version [1])' },
}
const BAD_KEY: ItemReply = {
  status: 400,
  error: { type: 'document_parsing_exception', reason: 'Keys in [flattened] fields cannot contain the reserved character \\0' },
}

export const startBulkServer = async (port = 0): Promise<BulkServer> => {
  const http = createServer((request, response) => void answer(request, response))
  await new Promise<void>(resolve => http.listen(port, '127.0.0.1', resolve))
  const server: BulkServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    stored: new Map(),
    templates: new Map(),
    requests: [],
    gate: null,
    whole: null,
    item: () => undefined,
    maxBytes: Number.POSITIVE_INFINITY,
    close: () =>
      new Promise(resolve => {
        http.close(() => resolve())
        http.closeAllConnections()
      }),
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const path = request.url ?? ''
    const json = (status: number, value: unknown) =>
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(typeof value === 'string' ? value : JSON.stringify(value))
    if (path.startsWith('/_index_template/') && typeof server.whole !== 'string') {
      if (server.whole !== null) return void json(server.whole.status, server.whole.body)
      server.templates.set(path.slice('/_index_template/'.length), JSON.parse(body.toString()))
      return void json(200, { acknowledged: true })
    }
    if (!path.startsWith('/_bulk')) return void json(404, {})
    const lines = body.toString().split('\n')
    const actions = lines
      .filter((_, i) => i % 2 === 0)
      .slice(0, -1)
      .map(line => JSON.parse(line).create)
    server.requests.push(actions.map(action => action._id))
    await server.gate
    if (typeof server.whole === 'object' && server.whole !== null) return void json(server.whole.status, server.whole.body)
    if (body.length > server.maxBytes) return void json(413, 'request entity too large')
    const items = actions.map(({ _index, _id }, i) => ({ create: create(server, _index, _id, lines[i * 2 + 1]) }))
    if (server.whole === 'hang') return
    if (server.whole === 'cut') return void request.socket.destroy()
    const text = JSON.stringify({ errors: items.some(item => item.create.status >= 300), items })
    const half = text.slice(0, text.length / 2)
    if (server.whole === 'garbled') return void json(200, half)
    if (server.whole !== 'half') return void json(200, text)
    response.writeHead(200, { 'content-length': text.length }).write(half, () => request.socket.destroy())
  }
  return server
}

const create = (server: BulkServer, index: string, id: string, source: string): ItemReply => {
  const told = server.item(id)
  if (told !== undefined) return told
  if (server.stored.has(id)) return EXISTS
  if (source.includes('\\u0000')) return BAD_KEY
  server.stored.set(id, { index, id, source: JSON.parse(source) })
  return { status: 201 }
}
