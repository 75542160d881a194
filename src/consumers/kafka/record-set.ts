import type { BatchFingerprint } from '../log.ts'
import type { RecordBlock } from '../record-block.ts'
import { type AbortedTransaction, dataFilter } from './aborted.ts'
import { type Batch, type Fault, scanBatches } from './batch-header.ts'
import { decompress } from './compression.ts'
import { startWalk, walkRecords } from './record-walk.ts'

/** The record set of one fetched partition: `bytes[start, end)`. */
export type RawRecordSet = Readonly<{
  bytes: Buffer
  start: number
  end: number
  askedOffset: number
  aborted: readonly AbortedTransaction[]
}>

export type RecordSet = Readonly<{
  /** What the headers show already; `blocks` ends before it. */
  headerFault: Fault | undefined
  isEmpty: boolean
  /** To be iterated once. */
  blocks: Iterable<RecordBlock>
  nextOffset(): number
  steppedOver(): number
  fingerprint(): BatchFingerprint
}>

/** Bytes that records lie in: the answer itself, or what a batch decompressed to. */
type Content = Readonly<{ bytes: Buffer; start: number; end: number }>

/**
 * Reads a record set into the block that `lend` gives, while `blocks` is iterated: uncompressed batches share a filling of it
 * as far as it holds them, a compressed batch has one or several to itself (and one decompressed buffer exists at a time).
 *
 * `onFault` hears of a batch that proves undecodable only then. Iteration ends before it.
 */
export const readRecordSet = (raw: RawRecordSet, lend: () => RecordBlock, onFault: (fault: Fault) => void): RecordSet => {
  const { askedOffset } = raw
  const { batches, fault: headerFault } = scanBatches(raw.bytes, raw.start, raw.end, askedOffset)
  let nextOffset = batches.length === 0 ? askedOffset : batches[batches.length - 1].lastOffset + 1
  let steppedOver = 0
  let handedOver = askedOffset
  let last: Batch | undefined

  function* handOver(block: RecordBlock): Generator<RecordBlock> {
    if (block.count === 0) return
    handedOver = block.offsets[block.count - 1] + 1
    yield block
  }

  function* handOverAndReuse(block: RecordBlock): Generator<RecordBlock> {
    yield* handOver(block)
    block.count = 0
  }

  /** @returns why the batch cannot be read; none of its records is in the block then */
  function* walkBatch(batch: Batch, content: Content, block: RecordBlock): Generator<RecordBlock, string | undefined> {
    if (block.bytes !== content.bytes) {
      yield* handOverAndReuse(block)
      point(block, content.bytes)
    }
    const walk = startWalk(batch, content.bytes, content.start, content.end)
    do {
      if (block.count === block.offsets.length) {
        if (walk.remaining < batch.count) last = batch
        yield* handOverAndReuse(block)
      }
      const reason = walkRecords(walk, askedOffset, block)
      if (reason !== undefined) return reason
    } while (walk.remaining > 0)
    return undefined
  }

  function* blocks(): Generator<RecordBlock> {
    if (batches.length === 0) return
    const isData = dataFilter(raw.aborted, raw.bytes)
    const block = lend()
    block.count = 0
    for (const batch of batches) {
      if (isData(batch)) {
        const content = contentOf(raw.bytes, batch)
        const reason = typeof content === 'string' ? content : yield* walkBatch(batch, content, block)
        if (reason !== undefined) {
          yield* handOver(block)
          nextOffset = Math.max(handedOver, batch.baseOffset)
          return onFault({ offset: nextOffset, reason })
        }
      } else {
        steppedOver += recordsFrom(batch, askedOffset)
      }
      last = batch
    }
    yield* handOver(block)
  }

  return {
    headerFault,
    isEmpty: batches.length === 0,
    blocks: blocks(),
    nextOffset: () => nextOffset,
    steppedOver: () => steppedOver,
    fingerprint: () => last && { baseOffset: BigInt(last.baseOffset), crc: last.crc },
  }
}

const point = (block: RecordBlock, bytes: Buffer): void => {
  block.bytes = bytes
  block.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

const contentOf = (bytes: Buffer, { codec, baseOffset, recordsStart, end }: Batch): Content | string => {
  if (codec === 'none') return { bytes, start: recordsStart, end }
  try {
    const content = decompress(codec, bytes.subarray(recordsStart, end))
    return { bytes: content, start: 0, end: content.length }
  } catch (error) {
    return `the ${codec} data of the batch at offset ${baseOffset} cannot be read: ${error instanceof Error ? error.message : error}`
  }
}

/** Exact where the log is not compacted. */
const recordsFrom = ({ baseOffset, lastOffset, count }: Batch, askedOffset: number): number =>
  Math.min(count, lastOffset + 1 - Math.max(baseOffset, askedOffset))
