import { createRecordBlock, type RecordBlock } from '../../consumers/record-block.ts'
import type { BulkDocument } from '../../sinks/elasticsearch/document.ts'

/** `maxBytes`: of a request's body; `maxHeldBytes`: of everything that a batch holds in memory. */
export type BatchLimits = Readonly<{ maxDocuments: number; maxBytes: number; maxHeldBytes: number }>

/**
 * Documents of one request, with a copy of the records they were made of: the blocks they came in are reused, and a record
 * whose document is refused becomes a dead letter byte for byte. Document `i` was made of record `i`.
 */
export type Batch = Readonly<{
  documents: readonly BulkDocument[]
  records: RecordBlock
  /**
   * Memory that the batch takes until it is settled: its documents as text and as a body; its records, with the room that
   * their copy grows into, and again as dead letters.
   */
  heldBytes(): number
  /** False when the document does not fit any more; an empty batch takes one of any size. */
  add(document: BulkDocument, block: RecordBlock, i: number): boolean
  /** Gives its memory back. */
  clear(): void
}>

/** The action line is counted as this much. */
const ACTION_BYTES = 128

const NOTHING = Buffer.alloc(0)

const held = (bodyBytes: number, recordBytes: number): number => 2 * bodyBytes + 3 * recordBytes

export const createBatch = ({ maxDocuments, maxBytes, maxHeldBytes }: BatchLimits): Batch => {
  const documents: BulkDocument[] = []
  const records = createRecordBlock(maxDocuments)
  let bytes = 0
  let used = 0

  /** Where `[start, end)` of the block begins in the copy; -1 where it is null. */
  const copy = (from: RecordBlock, start: number, end: number): number => {
    if (start < 0) return -1
    const at = used
    from.bytes.copy(records.bytes, at, start, end)
    used += end - start
    return at
  }

  const reserve = (size: number): void => {
    if (used + size <= records.bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(used + size, records.bytes.length * 2))
    records.bytes.copy(grown, 0, 0, used)
    own(grown)
  }

  const own = (buffer: Buffer): void => {
    records.bytes = buffer
    records.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
  }

  return {
    documents,
    records,
    heldBytes: () => held(bytes, used),
    add: (document, block, i) => {
      const size = Buffer.byteLength(document.source) + ACTION_BYTES
      const recordSize =
        span(block.keyStarts[i], block.keyEnds[i]) +
        span(block.valueStarts[i], block.valueEnds[i]) +
        span(block.headerStarts[i], block.headerEnds[i])
      const n = documents.length
      const isFull = n === maxDocuments || bytes + size > maxBytes || held(bytes + size, used + recordSize) > maxHeldBytes
      if (n > 0 && isFull) return false
      reserve(recordSize)
      records.offsets[n] = block.offsets[i]
      records.timestampsMs[n] = block.timestampsMs[i]
      records.keyStarts[n] = copy(block, block.keyStarts[i], block.keyEnds[i])
      records.keyEnds[n] = used
      records.valueStarts[n] = copy(block, block.valueStarts[i], block.valueEnds[i])
      records.valueEnds[n] = used
      records.headerStarts[n] = copy(block, block.headerStarts[i], block.headerEnds[i])
      records.headerEnds[n] = used
      records.count = n + 1
      documents.push(document)
      bytes += size
      return true
    },
    clear: () => {
      documents.length = 0
      records.count = 0
      own(NOTHING)
      bytes = 0
      used = 0
    },
  }
}

const span = (start: number, end: number): number => (start < 0 ? 0 : end - start)
