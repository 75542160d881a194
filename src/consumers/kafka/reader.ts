import type { BatchFingerprint, Fetched, PartitionReader, TopicPartition } from '../log.ts'
import { createRecordBlock, type RecordBlock } from '../record-block.ts'
import { type Fault, scanBatches } from './batch-header.ts'
import { type Brokers, EARLIEST, type FetchRequest, LATEST, type Line } from './connection.ts'
import { errorName, kindOfFetchError, sentenceOf, typeOf } from './errors.ts'
import { type FetchedPartition, readFetchResponse } from './fetch-response.ts'
import { readRecordSet } from './record-set.ts'

export type ReaderOptions = Readonly<{
  fetchMaxBytes: number
  /** `lent` is kept for as long as the connection is, and costs less: see connection.ts. */
  memory?: 'lent' | 'own'
  /** How long the broker holds a fetch at the end of the log. */
  maxWaitMs: number
  /** Pauses before the second and later tries. */
  retryDelaysMs: readonly number[]
}>

/** Of one block. A consumer folds so many in about 10 ms. */
export const BLOCK_RECORDS = 4096

const CLOSED = { kind: 'unavailable', reason: 'the reader was closed' } as const

/** One try: an answer, or why another may help. */
type Try<T> = Readonly<{ kind: 'done'; answer: T } | { kind: 'again'; reason: string }>

const again = (reason: string) => ({ kind: 'again', reason }) as const
const done = <T>(answer: T) => ({ kind: 'done', answer }) as const

/**
 * Reads one partition over a connection of its own, which is opened to the partition's leader at the first call, and anew
 * after any trouble.
 */
export const createPartitionReader = (brokers: Brokers, at: TopicPartition, options: ReaderOptions): PartitionReader => {
  const { topic, partition } = at
  const name = `${topic}-${partition}`
  const lendBlock = alternatingBlocks()
  let fault: Fault | undefined
  let line: Promise<Line> | undefined
  let isClosed = false
  const waiting = new Set<(answer: Fetched) => void>()

  const openLine = async (): Promise<Line> => {
    const leader = (await brokers.leaders(topic))[partition]
    if (leader === undefined) throw new Error(`${name} has no leader`)
    return brokers.connect(leader)
  }

  const drop = (dropped: Promise<Line> | undefined) => {
    if (line !== dropped) return
    line = undefined
    dropped?.then(
      opened => opened.close(),
      () => {},
    )
  }

  /** Tries until it is done; a line that made trouble is not used again. Otherwise the last reason. */
  const persist = async <T>(attempt: (line: Line) => Promise<Try<T>>): Promise<Try<T>> => {
    let reason = ''
    for (const delayMs of [0, ...options.retryDelaysMs]) {
      if (delayMs > 0) await sleep(delayMs)
      if (isClosed) return again(CLOSED.reason)
      line ??= openLine()
      const current = line
      try {
        const result = await attempt(await current)
        if (result.kind === 'done') return result
        reason = result.reason
      } catch (error) {
        reason = sentenceOf(error)
        if (typeOf(error) === 'TOPIC_AUTHORIZATION_FAILED') return again(`${name} cannot be read: ${reason}`)
      }
      drop(current)
    }
    return again(`${name} cannot be read: ${reason}`)
  }

  const ask = async (
    line: Line,
    memory: 'lent' | 'own',
    request: Pick<FetchRequest, 'offset' | 'maxBytes' | 'maxWaitMs' | 'isolation'>,
  ) => {
    const bytes = await line.fetch({ topic, partition, ...request }, memory)
    const fetched = readFetchResponse(bytes, topic, partition)
    if (fetched === undefined)
      throw new Error(`the answer to the fetch at ${request.offset} is malformed (${bytes.length} bytes)`)
    return { bytes, fetched }
  }

  const rangeOver = async (line: Line) => {
    const lowOffset = (await line.offsetAt(topic, partition, EARLIEST, 'read_uncommitted')) ?? 0
    const highOffset = (await line.offsetAt(topic, partition, LATEST, 'read_uncommitted')) ?? 0
    const lastStableOffset = (await line.offsetAt(topic, partition, LATEST, 'read_committed')) ?? 0
    return { lowOffset, highOffset, lastStableOffset }
  }

  const records = (bytes: Buffer, fetched: FetchedPartition, offset: number): Fetched => {
    const set = readRecordSet(
      { bytes, start: fetched.recordsStart, end: fetched.recordsEnd, askedOffset: offset, aborted: fetched.aborted },
      lendBlock,
      found => {
        fault = found
      },
    )
    if (set.isEmpty && set.headerFault !== undefined) return { kind: 'corrupt', ...set.headerFault }
    const { nextOffset, steppedOver, fingerprint } = set
    const blocks = options.memory === 'own' ? letGo(set.blocks) : set.blocks
    const { highWatermark, lastStableOffset } = fetched
    return { kind: 'records', blocks, nextOffset, steppedOver, fingerprint, highWatermark, lastStableOffset }
  }

  const fetchOver = async (line: Line, offset: number): Promise<Try<Fetched>> => {
    const { fetchMaxBytes: maxBytes, maxWaitMs, memory = 'lent' } = options
    const { bytes, fetched } = await ask(line, memory, { offset, maxBytes, maxWaitMs, isolation: 'read_committed' })
    if (fetched.errorCode === 0) return done(records(bytes, fetched, offset))
    const error = errorName(fetched.errorCode)
    switch (kindOfFetchError(fetched.errorCode)) {
      case 'out-of-range': {
        const { lowOffset, highOffset } = await rangeOver(line)
        const isInside = offset >= lowOffset && offset <= highOffset
        return isInside ? again(`${error} for offset ${offset}`) : done({ kind: 'out-of-range', lowOffset, highOffset })
      }
      case 'corrupt':
        return done({ kind: 'corrupt', offset, reason: `the broker says ${error}` })
      case 'refused':
        return done({ kind: 'unavailable', reason: `${name} cannot be read: ${error}` })
      case 'moved':
        return again(error)
    }
  }

  const fetch = async (offset: number): Promise<Fetched> => {
    if (fault?.offset === offset) return { kind: 'corrupt', ...fault }
    const result = await persist(line => fetchOver(line, offset))
    return result.kind === 'done' ? result.answer : { kind: 'unavailable', reason: result.reason }
  }

  /** For the calls that have no value for trouble. */
  const orThrow = async <T>(call: (line: Line) => Promise<T>): Promise<T> => {
    const result = await persist(async line => done(await call(line)))
    if (result.kind === 'again') throw new Error(result.reason)
    return result.answer
  }

  return {
    fetch: offset =>
      new Promise((resolve, reject) => {
        waiting.add(resolve)
        fetch(offset)
          .then(resolve, reject)
          .finally(() => waiting.delete(resolve))
      }),
    fingerprintAt: offset =>
      orThrow(async (line): Promise<BatchFingerprint> => {
        const { bytes, fetched } = await ask(line, 'own', { offset, maxBytes: 1, maxWaitMs: 0, isolation: 'read_uncommitted' })
        const kind = fetched.errorCode === 0 ? undefined : kindOfFetchError(fetched.errorCode)
        if (kind === 'out-of-range') return undefined
        if (kind !== undefined) throw new Error(errorName(fetched.errorCode))
        const [batch] = scanBatches(bytes, fetched.recordsStart, fetched.recordsEnd, offset).batches
        return batch && batch.baseOffset <= offset ? { baseOffset: BigInt(batch.baseOffset), crc: batch.crc } : undefined
      }),
    range: () => orThrow(rangeOver),
    offsetAt: timeMs =>
      orThrow(async line => {
        const found = await line.offsetAt(topic, partition, timeMs, 'read_committed')
        return found ?? (await rangeOver(line)).highOffset
      }),
    async close() {
      isClosed = true
      for (const resolve of waiting) resolve(CLOSED)
      drop(line)
    },
  }
}

const NOTHING = Buffer.alloc(0)

/** The blocks of an answer that is done with hold nothing of it. */
function* letGo(blocks: Iterable<RecordBlock>): Generator<RecordBlock> {
  let last: RecordBlock | undefined
  try {
    for (const block of blocks) {
      last = block
      yield block
    }
  } finally {
    if (last !== undefined) {
      last.bytes = NOTHING
      last.view = new DataView(NOTHING.buffer, NOTHING.byteOffset, 0)
      last.count = 0
    }
  }
}

/** Two blocks, lent in turn: an answer's last block stays as it is while the next answer is read. */
const alternatingBlocks = (): (() => RecordBlock) => {
  const blocks: RecordBlock[] = []
  let turn = 0
  return () => {
    turn = 1 - turn
    blocks[turn] ??= createRecordBlock(BLOCK_RECORDS)
    return blocks[turn]
  }
}

const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))
