import { crc32c } from '@node-rs/crc32'
import type { BatchFingerprint, Fetched } from '../log.ts'
import type { RecordBlock } from '../record-block.ts'
import { appendToSegment, blockOf, bytesBetween, createSegment, fitInto, type Segment } from './segment.ts'

/** Segments double from the first to the last size: a test's partition costs 10 KB, a replayed one 1.4 MB a segment. */
const FIRST_SEGMENT = { records: 64, bytes: 8 * 1024 }
const LAST_SEGMENT = { records: 8192, bytes: 1024 * 1024 }

/** The log of one partition of the twin. */
export type MemoryPartition = Readonly<{
  append(key: Uint8Array | null, value: Uint8Array | null, headers: Uint8Array, timestampMs: number): void
  /** Appends are announced to waiting readers once a call, not once a record. */
  announce(): void
  read(offset: number, maxBytes: number): Fetched
  lowOffset(): number
  highOffset(): number
  offsetAt(timeMs: number): number
  fingerprintAt(offset: number): BatchFingerprint
  deleteBefore(offset: number): void
  /** Calls `wake` once, at the next announcement; returns what takes it back. */
  wait(wake: () => void): () => void
}>

export const createMemoryPartition = (): MemoryPartition => {
  let segments: Segment[] = [createSegment(0, FIRST_SEGMENT.records, FIRST_SEGMENT.bytes)]
  let low = 0
  let tail = segments[0]
  let waiting = new Set<() => void>()

  const high = (): number => tail.baseOffset + tail.count

  const roll = (bytes: number): void => {
    const maxRecords = Math.min(tail.maxRecords * 2, LAST_SEGMENT.records)
    const maxBytes = Math.max(bytes, Math.min(tail.bytes.length * 2, LAST_SEGMENT.bytes))
    tail = createSegment(high(), maxRecords, maxBytes)
    segments.push(tail)
  }

  const indexOfSegment = (offset: number): number => {
    let first = 0
    let last = segments.length - 1
    while (first < last) {
      const middle = (first + last + 1) >> 1
      if (segments[middle].baseOffset <= offset) first = middle
      else last = middle - 1
    }
    return first
  }

  const blocksFrom = (offset: number, maxBytes: number): readonly RecordBlock[] => {
    const blocks: RecordBlock[] = []
    let budget = maxBytes
    let at = offset
    for (let s = indexOfSegment(offset); s < segments.length && budget > 0; s++) {
      const segment = segments[s]
      const from = at - segment.baseOffset
      if (from >= segment.count) continue
      const to = fitInto(segment, from, budget)
      const size = bytesBetween(segment, from, to)
      if (size > budget && blocks.length > 0) break
      blocks.push(blockOf(segment, from, to))
      budget -= size
      at = segment.baseOffset + to
      if (to < segment.count) break
    }
    return blocks
  }

  /** A record of the twin is a batch by itself. */
  const fingerprintAt = (offset: number): BatchFingerprint => {
    if (offset < low || offset >= high()) return undefined
    const segment = segments[indexOfSegment(offset)]
    const i = offset - segment.baseOffset
    const from = i === 0 ? 0 : segment.headerEnds[i - 1]
    return { baseOffset: BigInt(offset), crc: crc32c(segment.bytes.subarray(from, segment.headerEnds[i])) }
  }

  return {
    append(key, value, headers, timestampMs) {
      const size = (key?.length ?? 0) + (value?.length ?? 0) + headers.length
      if (tail.count === tail.maxRecords || tail.usedBytes + size > tail.bytes.length) roll(size)
      appendToSegment(tail, key, value, headers, timestampMs)
    },
    announce() {
      if (waiting.size === 0) return
      const woken = waiting
      waiting = new Set()
      for (const wake of woken) wake()
    },
    read(offset, maxBytes) {
      if (offset < low || offset > high()) return { kind: 'out-of-range', lowOffset: low, highOffset: high() }
      const blocks = blocksFrom(offset, maxBytes)
      let handedOver = offset
      let next = offset
      for (const block of blocks) next += block.count
      return {
        kind: 'records',
        blocks: (function* () {
          for (const block of blocks) {
            handedOver = block.offsets[block.count - 1] + 1
            yield block
          }
        })(),
        nextOffset: () => next,
        steppedOver: () => 0,
        fingerprint: () => fingerprintAt(handedOver - 1),
        highWatermark: high(),
        lastStableOffset: high(),
      }
    },
    lowOffset: () => low,
    highOffset: high,
    offsetAt(timeMs) {
      for (const segment of segments) {
        if (segment.maxTimestampMs < timeMs) continue
        for (let i = Math.max(0, low - segment.baseOffset); i < segment.count; i++) {
          if (segment.timestampsMs[i] >= timeMs) return segment.baseOffset + i
        }
      }
      return high()
    },
    fingerprintAt,
    deleteBefore(offset) {
      low = Math.min(Math.max(low, offset), high())
      segments = segments.filter(segment => segment === tail || segment.baseOffset + segment.count > low)
    },
    wait(wake) {
      const set = waiting
      set.add(wake)
      return () => set.delete(wake)
    },
  }
}
