import { readFile } from 'node:fs/promises'
import { refusalOf } from './classify.ts'
import type { ElasticsearchClient } from './client.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type IndexTemplate = Readonly<Record<string, Json>>

const FILE = new URL('../../../deploy/elasticsearch/index-template.json', import.meta.url)

/** The template as it is shipped, for the indices of `index`. */
export const loadIndexTemplate = async (index: string): Promise<IndexTemplate> => ({
  ...(JSON.parse(await readFile(FILE, 'utf8')) as IndexTemplate), // our own file
  index_patterns: [`${index}-*`],
})

/** OpenSearch knows `flattened` as `flat_object`, which takes no options. */
export const forOpenSearch = (template: IndexTemplate): IndexTemplate => flatObjects(template) as IndexTemplate

const flatObjects = (json: Json): Json => {
  if (Array.isArray(json)) return json.map(flatObjects)
  if (typeof json !== 'object' || json === null) return json
  const entries = Object.entries(json)
  if (entries.some(([key, value]) => key === 'type' && value === 'flattened')) return { type: 'flat_object' }
  return Object.fromEntries(entries.map(([key, value]) => [key, flatObjects(value)]))
}

export type TemplateReply = Readonly<{ kind: 'ok' } | { kind: 'failed'; reason: string }>

/**
 * Puts the template `<index>` in place, over an older one: it holds for indices that are made from now on. Must have succeeded
 * before the first document is sent, for an index that is made without it maps whatever fields the first events bring.
 */
export const installTemplate = async (
  client: ElasticsearchClient,
  index: string,
  template: IndexTemplate,
): Promise<TemplateReply> => {
  const put = (body: IndexTemplate) =>
    client.send({
      method: 'PUT',
      path: `/_index_template/${encodeURIComponent(index)}`,
      body: JSON.stringify(body),
      contentType: 'application/json',
    })
  let reply = await put(template)
  if (reply.kind === 'reply' && reply.status === 400 && reply.body.includes('No handler for type [flattened]'))
    reply = await put(forOpenSearch(template))
  if (reply.kind === 'unreachable') return { kind: 'failed', reason: reply.reason }
  if (reply.status >= 200 && reply.status < 300) return { kind: 'ok' }
  return { kind: 'failed', reason: `index template ${index}: ${refusalOf(reply.status, reply.body)}` }
}
