import type { AbortedTransaction } from './aborted.ts'
import { readInt64 } from './batch-header.ts'

/** One partition's part of a Fetch v11 answer. The records are `bytes[recordsStart, recordsEnd)` of the answer. */
export type FetchedPartition = Readonly<{
  errorCode: number
  highWatermark: number
  lastStableOffset: number
  logStartOffset: number
  aborted: readonly AbortedTransaction[]
  recordsStart: number
  recordsEnd: number
}>

/**
 * Reads the answer to a Fetch v11 that asked for one partition:
 *
 *   throttle i32, error i16, session i32, topics [name, partitions [partition i32, error i16, highWatermark i64,
 *   lastStableOffset i64, logStartOffset i64, aborted [producerId i64, firstOffset i64], preferredReplica i32, records bytes]]
 *
 * Undefined when it is not that: cut off, or for another partition.
 */
export const readFetchResponse = (bytes: Buffer, topic: string, partition: number): FetchedPartition | undefined => {
  const name = Buffer.from(topic)
  const topicsAt = 10
  const partitionsAt = topicsAt + 4 + 2 + name.length
  const partitionAt = partitionsAt + 4
  const abortedAt = partitionAt + 30
  if (bytes.length < topicsAt) return undefined
  const sessionError = bytes.readInt16BE(4)
  if (sessionError !== 0) return failed(sessionError)
  if (bytes.length < abortedAt + 4) return undefined
  const isAsked =
    bytes.readInt32BE(topicsAt) === 1 &&
    bytes.readInt16BE(topicsAt + 4) === name.length &&
    name.compare(bytes, topicsAt + 6, partitionsAt) === 0 &&
    bytes.readInt32BE(partitionsAt) === 1 &&
    bytes.readInt32BE(partitionAt) === partition
  if (!isAsked) return undefined

  const abortedCount = Math.max(0, bytes.readInt32BE(abortedAt))
  const recordsAt = abortedAt + 4 + abortedCount * 16 + 4 + 4
  if (bytes.length < recordsAt) return undefined
  const aborted: AbortedTransaction[] = []
  for (let at = abortedAt + 4; aborted.length < abortedCount; at += 16) {
    aborted.push({ producerId: bytes.readBigInt64BE(at), firstOffset: readInt64(bytes, at + 8) })
  }
  const recordsEnd = recordsAt + Math.max(0, bytes.readInt32BE(recordsAt - 4))
  if (bytes.length < recordsEnd) return undefined
  return {
    errorCode: bytes.readInt16BE(partitionAt + 4),
    highWatermark: readInt64(bytes, partitionAt + 6),
    lastStableOffset: readInt64(bytes, partitionAt + 14),
    logStartOffset: readInt64(bytes, partitionAt + 22),
    aborted,
    recordsStart: recordsAt,
    recordsEnd,
  }
}

const failed = (errorCode: number): FetchedPartition => ({
  errorCode,
  highWatermark: -1,
  lastStableOffset: -1,
  logStartOffset: -1,
  aborted: [],
  recordsStart: 0,
  recordsEnd: 0,
})
