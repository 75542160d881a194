import { describe, expect, test } from 'vitest'
import { classifyBulk, classifyHttp } from '../../../src/sinks/elasticsearch/classify.ts'

const bulk = (...items: unknown[]) => JSON.stringify({ errors: true, items: items.map(create => ({ create })) })
const error = (type: string, reason = 'why', caused_by?: unknown) => ({ type, reason, caused_by })

describe('an HTTP reply', () => {
  test.each([200, 201])('%d is an answer', status => {
    expect(classifyHttp({ kind: 'reply', status, body: '{}' })).toEqual({ kind: 'answered', body: '{}' })
  })

  test.each([400, 404, 405, 408, 429, 500, 502, 503, 504, 301])('%d is tried again: it is not the documents’ fault', status => {
    expect(classifyHttp({ kind: 'reply', status, body: 'x' })).toEqual({ kind: 'retry', reason: `HTTP ${status}: x` })
  })

  test.each([401, 403])('%d is tried again, and says what to check', status => {
    expect(classifyHttp({ kind: 'reply', status, body: '' })).toEqual({
      kind: 'retry',
      reason: `HTTP ${status}; check elasticsearch.username and elasticsearch.password, and what they may do`,
    })
  })

  test('403 of a cluster that is read-only is tried again, and says nothing of passwords', () => {
    const body = '{"error":{"type":"cluster_block_exception","reason":"blocked by: [FORBIDDEN/6/cluster read-only (api)];"}}'
    expect(classifyHttp({ kind: 'reply', status: 403, body })).toEqual({ kind: 'retry', reason: `HTTP 403: ${body}` })
  })

  test('413 is too much at once', () => {
    expect(classifyHttp({ kind: 'reply', status: 413, body: '' })).toEqual({ kind: 'too-large', reason: 'HTTP 413' })
  })

  test('no reply is tried again', () => {
    expect(classifyHttp({ kind: 'unreachable', reason: 'refused' })).toEqual({ kind: 'retry', reason: 'refused' })
  })
})

describe('a document’s answer', () => {
  const one = (item: unknown) => {
    const verdict = classifyBulk(bulk(item), 1)
    return verdict.kind === 'items' ? verdict.items[0] : verdict
  }

  test('201 is created', () => {
    expect(one({ status: 201 })).toEqual({ kind: 'created' })
  })

  test('409 is success: it is there', () => {
    expect(one({ status: 409, error: error('version_conflict_engine_exception') })).toEqual({ kind: 'duplicate' })
  })

  test.each([
    [429, 'es_rejected_execution_exception'],
    [429, 'cluster_block_exception'],
    [503, 'unavailable_shards_exception'],
    [500, 'something_exception'],
    [403, 'cluster_block_exception'],
    [403, 'security_exception'],
    [404, 'index_not_found_exception'],
    [400, 'validation_exception'],
    [400, 'invalid_index_name_exception'],
  ])('%d %s is tried again', (status, type) => {
    expect(one({ status, error: error(type) })).toEqual({ kind: 'retry', reason: `${status} ${type}: why` })
  })

  test('400 for what is in the document is refused, with the innermost cause', () => {
    const cause = error('illegal_argument_exception', 'outer', error('date_time_parse_exception', 'not a date'))
    expect(one({ status: 400, error: error('document_parsing_exception', 'failed to parse field [time]', cause) })).toEqual({
      kind: 'refused',
      type: 'document_parsing_exception',
      reason: 'failed to parse field [time]: not a date',
    })
  })

  test('400 without a word is refused, and says that it does not know', () => {
    expect(one({ status: 400 })).toEqual({ kind: 'refused', type: 'unknown', reason: 'undefined' })
  })

  test('anything else is no answer, and tried again', () => {
    expect(one({})).toMatchObject({ kind: 'retry' })
    expect(classifyBulk('{"items":[{"index":{"status":200}}]}', 1)).toMatchObject({ items: [{ kind: 'retry' }] })
  })
})

test.each(['', 'null', '[]', '<html>', '{"items":{}}', '{"items":[]}', '{"errors":false}'])(
  '%j is no answer to two documents: none of them counts as stored',
  body => {
    expect(classifyBulk(body, 2)).toMatchObject({ kind: 'retry' })
  },
)
