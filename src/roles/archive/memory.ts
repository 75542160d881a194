import type { RecordBlock } from '../../consumers/record-block.ts'
import type { Budget } from '../budget.ts'
import type { BatchLimits } from './batch.ts'
import type { Waiting } from './waiting.ts'

/** How the archive's partitions share its budget. Each takes what a step may need before the step, and then gives back the rest. */
export type ArchiveMemory = Readonly<{
  budget: Budget
  /** Of one answer. */
  fetchMaxBytes: number
  limits: BatchLimits
}>

/** Elasticsearch is at its best with some MB a request; a thousand documents are one at 25 features. */
const REQUEST_MAX_BYTES = 5 * 1024 * 1024
const REQUEST_MAX_DOCUMENTS = 1_000
/** A request as text, as a body, and the records it was made of: see Batch.heldBytes. */
const HELD_TO_BODY = 4
/** The answer, and what a batch of it decompresses to. */
const HELD_TO_FETCH = 2
/** Smaller fetches save nothing: a batch comes whole, whatever was asked for. */
const FETCH_MIN_BYTES = 256 * 1024

/**
 * A quarter is for fetches: with its share of that, each of `partitions` may wait at the log's end at the same time. One request
 * fits beside any fetch, so that work never waits for itself; beside a batch that came larger than any was asked for or seen, it
 * goes over the limit.
 */
export const createArchiveMemory = (budget: Budget, fetchMaxBytes: number, partitions: number): ArchiveMemory => {
  const maxHeldBytes = Math.floor(Math.min(budget.limitBytes / 2, HELD_TO_BODY * REQUEST_MAX_BYTES))
  const fetchesBytes = budget.limitBytes / 4 / HELD_TO_FETCH
  const fairBytes = Math.min(Math.max(fetchesBytes / partitions, FETCH_MIN_BYTES), fetchesBytes)
  return {
    budget,
    fetchMaxBytes: Math.min(fetchMaxBytes, Math.floor(fairBytes)),
    limits: {
      maxDocuments: REQUEST_MAX_DOCUMENTS,
      maxBytes: Math.min(REQUEST_MAX_BYTES, Math.floor(maxHeldBytes / HELD_TO_BODY)),
      maxHeldBytes,
    },
  }
}

/** What one partition holds. `before…`: false when told to stop. */
export type PartitionMemory = Readonly<{
  beforeFetch(): Promise<boolean>
  /** A block of the answer is in hand. */
  reading(block: RecordBlock): void
  /** The answer is done with. */
  read(): void
  beforeRequest(): Promise<boolean>
  /** It is complete, and takes so much until it is `done`. */
  request(bytes: number): void
  /** So much of it is now dead letters. */
  deadLetters(bytes: number): void
  done(): void
  close(): void
}>

export const createPartitionMemory = (
  { budget, fetchMaxBytes, limits }: ArchiveMemory,
  waiting: Waiting,
  signal: AbortSignal,
): PartitionMemory => {
  const fetched = budget.part('fetched')
  const requests = budget.part('requests')
  const letters = budget.part('dead-letters')
  const { maxHeldBytes } = limits
  /** Of one answer or batch so far; at most what fits beside a request. */
  let largestBytes = fetchMaxBytes

  const admitted = async (asked: (onWait: () => void) => Promise<boolean>): Promise<boolean> => {
    const onWait = (): void => waiting.begin('memory-budget', `${budget.usedBytes()} of ${budget.limitBytes} bytes are used`)
    const isAdmitted = await asked(onWait)
    waiting.over('memory-budget')
    return isAdmitted
  }
  return {
    beforeFetch: () =>
      admitted(onWait => fetched.acquire(fetchMaxBytes + largestBytes, signal, { spareBytes: maxHeldBytes, onWait })),
    reading: ({ bytes }) => {
      fetched.set(fetchMaxBytes + Math.max(fetchMaxBytes, bytes.length))
      const fittingBytes = Math.min(bytes.length, budget.limitBytes - maxHeldBytes - fetchMaxBytes)
      largestBytes = Math.max(largestBytes, fittingBytes)
    },
    read: () => fetched.set(0),
    beforeRequest: () => admitted(onWait => requests.acquire(maxHeldBytes, signal, { oneAlways: true, onWait })),
    request: bytes => requests.set(bytes),
    deadLetters: bytes => {
      requests.set(Math.max(0, requests.heldBytes() - bytes))
      letters.set(bytes)
    },
    done: () => {
      letters.set(0)
      requests.set(0)
    },
    close: () => {
      for (const part of [fetched, requests, letters]) part.close()
    },
  }
}
