import { type BackoffOptions, backoffMs } from '../../backoff.ts'
import type { Health } from '../readiness.ts'
import { classifyBulk, classifyHttp, type ItemVerdict } from './classify.ts'
import type { ElasticsearchClient } from './client.ts'
import { type BulkDocument, encodeBulk } from './document.ts'

/** `position` is that of the document in what was delivered. */
export type RefusedDocument = Readonly<{ position: number; type: string; reason: string }>

export type Delivery =
  /** Each document was created, was there already, or was refused for good. */
  | Readonly<{ kind: 'delivered'; created: number; duplicates: number; refused: readonly RefusedDocument[] }>
  /** Told to stop before that. What was created stays; sending it again does no harm. */
  | Readonly<{ kind: 'stopped' }>

/**
 * Delivers documents at least once; their ids make it once. Back-pressure: a delivery takes as long as Elasticsearch makes it
 * take (busy, down, read-only: for ever), and holds one request in memory meanwhile.
 */
export type BulkWriter = Readonly<{
  /**
   * The signal ends it after the request under way, which is not cut off. `onWait` hears why nothing went through, each time
   * that it is so, and `null` when it is over.
   */
  deliver(documents: readonly BulkDocument[], signal: AbortSignal, onWait?: (reason: string | null) => void): Promise<Delivery>
  /** As the last request found it. */
  health(): Health
}>

export type BulkWriterOptions = Readonly<{
  client: ElasticsearchClient
  backoff: BackoffOptions
  random: () => number
  /** Resolves early, and does not throw, when the signal is aborted. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>
  nowMs: () => number
  /** After each request. */
  onRequest: (result: 'ok' | 'retry', durationMs: number) => void
  /** Health went from ok to down, or back (`null`). */
  onTrouble: (reason: string | null) => void
}>

const PATH = '/_bulk?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason,items.*.error.caused_by'

export const createBulkWriter = (options: BulkWriterOptions): BulkWriter => {
  const { client, backoff, random, sleep, nowMs, onRequest, onTrouble } = options
  let trouble: string | null = null
  const note = (reason: string | null): void => {
    const changed = (reason === null) !== (trouble === null)
    trouble = reason
    if (changed) onTrouble(reason)
  }

  /** Sends these positions of `documents` once. */
  const attempt = async (documents: readonly BulkDocument[], positions: readonly number[]) => {
    const body = encodeBulk(positions.map(position => documents[position]))
    const began = nowMs()
    const reply = await client.send({ method: 'POST', path: PATH, body, contentType: 'application/x-ndjson' })
    const http = classifyHttp(reply)
    const verdict = http.kind === 'answered' ? classifyBulk(http.body, positions.length) : http
    onRequest(verdict.kind === 'items' ? 'ok' : 'retry', nowMs() - began)
    return verdict
  }

  return {
    health: () => (trouble === null ? { kind: 'ok' } : { kind: 'down', reason: trouble }),
    deliver: async (documents, signal, onWait = () => {}) => {
      const tally = { created: 0, duplicates: 0, refused: [] as RefusedDocument[] }
      const requests: (readonly number[])[] = documents.length === 0 ? [] : [documents.map((_, position) => position)]
      let failures = 0
      for (let positions = requests.shift(); positions !== undefined; positions = requests.shift()) {
        if (signal.aborted) return { kind: 'stopped' }
        const verdict = await attempt(documents, positions)
        if (verdict.kind === 'too-large') {
          const middle = positions.length >> 1
          if (middle === 0) tally.refused.push({ position: positions[0], type: 'content_too_long', reason: verdict.reason })
          else requests.unshift(positions.slice(0, middle), positions.slice(middle))
          continue
        }
        const again = verdict.kind === 'retry' ? positions : settle(tally, positions, verdict.items)
        if (again.length === 0) {
          note(null)
          onWait(null)
          failures = 0
          continue
        }
        const reason = verdict.kind === 'retry' ? verdict.reason : retryReason(verdict.items)
        note(reason)
        onWait(reason)
        failures = again.length < positions.length ? 1 : failures + 1
        requests.unshift(again)
        await sleep(backoffMs(failures, backoff, random), signal)
      }
      return { kind: 'delivered', ...tally, refused: tally.refused.toSorted((a, b) => a.position - b.position) }
    },
  }
}

/** Counts what is settled; returns the positions that are not. */
const settle = (
  tally: { created: number; duplicates: number; refused: RefusedDocument[] },
  positions: readonly number[],
  items: readonly ItemVerdict[],
): readonly number[] => {
  const again: number[] = []
  for (const [i, position] of positions.entries()) {
    const item = items[i]
    switch (item.kind) {
      case 'created':
        tally.created++
        break
      case 'duplicate':
        tally.duplicates++
        break
      case 'refused':
        tally.refused.push({ position, type: item.type, reason: item.reason })
        break
      case 'retry':
        again.push(position)
        break
    }
  }
  return again
}

const retryReason = (items: readonly ItemVerdict[]): string =>
  items.find(item => item.kind === 'retry')?.reason ?? 'some documents must be sent again'
