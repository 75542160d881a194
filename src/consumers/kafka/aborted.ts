import { createRecordBlock } from '../record-block.ts'
import type { Batch } from './batch-header.ts'
import { startWalk, walkRecords } from './record-walk.ts'

/** A transaction that was aborted: its producer's records from `firstOffset` to its abort marker are no data. */
export type AbortedTransaction = Readonly<{ producerId: bigint; firstOffset: number }>

const ABORT_MARKER = 0

/**
 * Tells which batches are data, asked for each in offset order (as Kafka's own consumer does in read_committed): control
 * batches are none, nor are the transactional batches of a producer between an aborted transaction's begin and its marker.
 */
export const dataFilter = (aborted: readonly AbortedTransaction[], bytes: Buffer): ((batch: Batch) => boolean) => {
  const begins = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  const aborting = new Set<bigint>()
  let begun = 0
  return batch => {
    for (; begun < begins.length && begins[begun].firstOffset <= batch.lastOffset; begun++) aborting.add(begins[begun].producerId)
    if (batch.isControl) {
      if (markerType(batch, bytes) === ABORT_MARKER) aborting.delete(batch.producerId)
      return false
    }
    return !(batch.isTransactional && aborting.has(batch.producerId))
  }
}

/** A control record's key is a version and a type, both i16. */
const markerType = (batch: Batch, bytes: Buffer): number | undefined => {
  const block = createRecordBlock(1)
  const fault = walkRecords(startWalk(batch, bytes, batch.recordsStart, batch.end), batch.baseOffset, block)
  if (fault !== undefined || block.count === 0 || block.keyEnds[0] - block.keyStarts[0] < 4) return undefined
  return bytes.readInt16BE(block.keyStarts[0] + 2)
}
