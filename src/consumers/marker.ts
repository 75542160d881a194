import { readHeaders } from './headers.ts'
import type { RecordBlock } from './record-block.ts'

/**
 * A watermark marker: a record without a value that says "no earlier event time follows in this partition".
 * `tidemark publish --end` writes one to every partition, so that the last windows close.
 */
export const MARKER_HEADER = 'tidemark-watermark'

/** The largest time that fits the header's 15 digits, and a double: the year 33658. */
const MAX_DIGITS = 15

const MARKER_KEY = Buffer.from(MARKER_HEADER)

export const markerHeaders = (timeMs: number): Readonly<Record<string, string>> => {
  if (!(Number.isSafeInteger(timeMs) && timeMs >= 0 && timeMs < 10 ** MAX_DIGITS)) {
    throw new RangeError(`a watermark is a time in whole ms since the epoch, not ${timeMs}`)
  }
  return { [MARKER_HEADER]: String(timeMs) }
}

/** The time (ms since the epoch) that record `i` marks; undefined when it is an ordinary record, a tombstone, or malformed. */
export const readMarker = (block: RecordBlock, i: number): number | undefined => {
  if (block.valueStarts[i] !== -1) return undefined
  const { bytes } = block
  const headers = readHeaders(bytes, block.headerStarts[i], block.headerEnds[i])
  for (const header of headers ?? []) {
    const named = MARKER_KEY.compare(bytes, header.keyStart, header.keyEnd) === 0
    if (named) return decimal(bytes, header.valueStart, header.valueEnd)
  }
  return undefined
}

const decimal = (bytes: Uint8Array, start: number, end: number): number | undefined => {
  const digits = end - start
  if (start < 0 || digits < 1 || digits > MAX_DIGITS) return undefined
  let value = 0
  for (let at = start; at < end; at++) {
    const digit = bytes[at] - 0x30
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  return value
}
