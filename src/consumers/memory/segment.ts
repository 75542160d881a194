import type { RecordBlock } from '../record-block.ts'

/**
 * A run of records of one partition: their bytes one after another (key, value, headers), and columns over them. Only
 * appended to, so that views of what is already there may be handed out without copying.
 */
export type Segment = RecordBlock & {
  readonly baseOffset: number
  readonly maxRecords: number
  usedBytes: number
  maxTimestampMs: number
}

export const createSegment = (baseOffset: number, maxRecords: number, maxBytes: number): Segment => {
  const bytes = Buffer.allocUnsafeSlow(maxBytes)
  return {
    baseOffset,
    maxRecords,
    usedBytes: 0,
    maxTimestampMs: Number.NEGATIVE_INFINITY,
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    count: 0,
    offsets: new Float64Array(maxRecords),
    timestampsMs: new Float64Array(maxRecords),
    keyStarts: new Int32Array(maxRecords),
    keyEnds: new Int32Array(maxRecords),
    valueStarts: new Int32Array(maxRecords),
    valueEnds: new Int32Array(maxRecords),
    headerStarts: new Int32Array(maxRecords),
    headerEnds: new Int32Array(maxRecords),
  }
}

/** The caller has checked that there is room. */
export const appendToSegment = (
  segment: Segment,
  key: Uint8Array | null,
  value: Uint8Array | null,
  headers: Uint8Array,
  timestampMs: number,
): void => {
  const i = segment.count
  let at = segment.usedBytes
  segment.offsets[i] = segment.baseOffset + i
  segment.timestampsMs[i] = timestampMs
  if (timestampMs > segment.maxTimestampMs) segment.maxTimestampMs = timestampMs
  segment.keyStarts[i] = key === null ? -1 : at
  if (key !== null) {
    segment.bytes.set(key, at)
    at += key.length
  }
  segment.keyEnds[i] = key === null ? -1 : at
  segment.valueStarts[i] = value === null ? -1 : at
  if (value !== null) {
    segment.bytes.set(value, at)
    at += value.length
  }
  segment.valueEnds[i] = value === null ? -1 : at
  segment.headerStarts[i] = at
  if (headers.length === 1) segment.bytes[at] = headers[0]
  else segment.bytes.set(headers, at)
  at += headers.length
  segment.headerEnds[i] = at
  segment.usedBytes = at
  segment.count = i + 1
}

/** Where record `i` begins in the segment's bytes. */
const startOf = (segment: Segment, i: number): number => (i === 0 ? 0 : segment.headerEnds[i - 1])

/** One past the last record from `from` on that still fits `maxBytes`; at least one. */
export const fitInto = (segment: Segment, from: number, maxBytes: number): number => {
  const limit = startOf(segment, from) + maxBytes
  let low = from + 1
  let high = segment.count
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (segment.headerEnds[middle - 1] <= limit) low = middle
    else high = middle - 1
  }
  return low
}

export const bytesBetween = (segment: Segment, from: number, to: number): number => startOf(segment, to) - startOf(segment, from)

/** Records `[from, to)` as a block over the same memory. */
export const blockOf = (segment: Segment, from: number, to: number): RecordBlock => ({
  bytes: segment.bytes,
  view: segment.view,
  count: to - from,
  offsets: segment.offsets.subarray(from, to),
  timestampsMs: segment.timestampsMs.subarray(from, to),
  keyStarts: segment.keyStarts.subarray(from, to),
  keyEnds: segment.keyEnds.subarray(from, to),
  valueStarts: segment.valueStarts.subarray(from, to),
  valueEnds: segment.valueEnds.subarray(from, to),
  headerStarts: segment.headerStarts.subarray(from, to),
  headerEnds: segment.headerEnds.subarray(from, to),
})
