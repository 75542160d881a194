import { randomUUID } from 'node:crypto'
import { stack } from '../../support/stack.ts'

/** An index prefix of a test's own on the real Elasticsearch, with plain requests. */
export const ownIndex = () => {
  const index = `test-${randomUUID()}`
  const request = async (method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown) => {
    const response = await fetch(`${stack().elasticsearchUrl}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    })
    const answer = (await response.json()) as Record<string, unknown>
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`)
    return answer
  }
  /** Ids of what a query finds, sorted. */
  const find = async (query: unknown = { match_all: {} }): Promise<readonly string[]> => {
    await request('POST', `/${index}-*/_refresh`)
    const answer = await request('POST', `/${index}-*/_search`, { query, size: 10_000 })
    const { hits } = answer.hits as { hits: readonly { _id: string }[] }
    return hits.map(({ _id }) => _id).sort()
  }
  const close = async () => {
    const names = Object.keys(await request('GET', `/${index}-*`))
    if (names.length > 0) await request('DELETE', `/${names.join()}`)
    await request('DELETE', `/_index_template/${index}`)
  }
  return { index, request, find, close }
}
