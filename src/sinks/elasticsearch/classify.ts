/** What came back, or why nothing did. */
export type HttpReply =
  | Readonly<{ kind: 'reply'; status: number; body: string }>
  | Readonly<{ kind: 'unreachable'; reason: string }>

export type HttpVerdict =
  | Readonly<{ kind: 'answered'; body: string }>
  /** The same request later. */
  | Readonly<{ kind: 'retry'; reason: string }>
  /** Too much at once: in halves, down to a document that alone is too much. */
  | Readonly<{ kind: 'too-large'; reason: string }>

/** Of one document of a bulk request. */
export type ItemVerdict =
  | Readonly<{ kind: 'created' }>
  /** A document of this id is there: an earlier attempt, whose answer was lost. */
  | Readonly<{ kind: 'duplicate' }>
  | Readonly<{ kind: 'retry'; reason: string }>
  /** Elasticsearch will never take it: a dead letter. */
  | Readonly<{ kind: 'refused'; type: string; reason: string }>

export type BulkVerdict = Readonly<{ kind: 'items'; items: readonly ItemVerdict[] }> | Readonly<{ kind: 'retry'; reason: string }>

/**
 * No event is given up for what is wrong with the cluster, the account, the address or this program (a 400 for the whole
 * request): that is retried until someone mends it, and the log keeps the events meanwhile.
 */
export const classifyHttp = (reply: HttpReply): HttpVerdict => {
  if (reply.kind === 'unreachable') return { kind: 'retry', reason: reply.reason }
  const { status, body } = reply
  if (status >= 200 && status < 300) return { kind: 'answered', body }
  return { kind: status === 413 ? 'too-large' : 'retry', reason: refusalOf(status, body) }
}

/** A reply that is no success, as a sentence. */
export const refusalOf = (status: number, body: string): string => {
  const reason = `HTTP ${status}${body === '' ? '' : `: ${body.slice(0, 300)}`}`
  // a read-only cluster also says 403
  const isLogin = status === 401 || (status === 403 && !body.includes('cluster_block_exception'))
  return isLogin ? `${reason}; check elasticsearch.username and elasticsearch.password, and what they may do` : reason
}

/** Errors of status 400 that are the cluster's or the index's, not the document's. */
const NOT_THE_DOCUMENT = new Set([
  'validation_exception', // cluster.max_shards_per_node is reached
  'invalid_index_name_exception',
  'index_closed_exception',
  'invalid_alias_name_exception',
])

/** Of a reply to `count` documents. Anything that is not an answer to each of them counts for none of them. */
export const classifyBulk = (body: string, count: number): BulkVerdict => {
  const parsed = parseJson(body)
  const items = isObject(parsed) ? parsed.items : undefined
  if (!Array.isArray(items) || items.length !== count)
    return { kind: 'retry', reason: `this is no answer to ${count} documents: ${body.slice(0, 300)}` }
  return { kind: 'items', items: items.map(classifyItem) }
}

const classifyItem = (item: unknown): ItemVerdict => {
  const result = isObject(item) ? item.create : undefined
  if (!isObject(result) || typeof result.status !== 'number')
    return { kind: 'retry', reason: `this is no answer to a create: ${JSON.stringify(item)}` }
  const { status, error } = result
  if (status >= 200 && status < 300) return { kind: 'created' }
  if (status === 409) return { kind: 'duplicate' }
  const type = isObject(error) && typeof error.type === 'string' ? error.type : 'unknown'
  const reason = reasonOf(error)
  if (status === 400 && !NOT_THE_DOCUMENT.has(type)) return { kind: 'refused', type, reason }
  return { kind: 'retry', reason: `${status} ${type}: ${reason}` }
}

/** The reason with that of its innermost cause, where the cure usually stands. */
const reasonOf = (error: unknown): string => {
  if (!isObject(error)) return String(error)
  const own = String(error.reason)
  let cause: unknown = error.caused_by
  while (isObject(cause) && isObject(cause.caused_by)) cause = cause.caused_by
  return isObject(cause) ? `${own}: ${String(cause.reason)}` : own
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
