import type { RecordBlock } from '../record-block.ts'
import type { Batch } from './batch-header.ts'

/** How far the records of one batch have been walked. A batch may fill several blocks. */
export type Walk = {
  readonly bytes: Buffer
  readonly end: number
  readonly baseOffset: number
  readonly lastOffset: number
  readonly baseTimestampMs: number
  readonly appendTimeMs: number
  at: number
  remaining: number
  previousOffset: number
}

/** `bytes[start, end)` are the batch's records, decompressed. */
export const startWalk = (batch: Batch, bytes: Buffer, start: number, end: number): Walk => ({
  bytes,
  end,
  baseOffset: batch.baseOffset,
  lastOffset: batch.lastOffset,
  baseTimestampMs: batch.baseTimestampMs,
  appendTimeMs: batch.appendTimeMs,
  at: start,
  remaining: batch.count,
  previousOffset: batch.baseOffset - 1,
})

/** Where `longVarint` stopped: a second result without an object. */
let longEnd = 0

/** A zigzag varint or varlong of `bytes[at, end)`, exact below 2^53; NaN when it is cut off or longer than ten bytes. */
const longVarint = (bytes: Buffer, at: number, end: number): number => {
  let value = 0
  let scale = 1
  const limit = Math.min(at + 10, end)
  for (let i = at; i < limit; i++) {
    const byte = bytes[i]
    value += (byte & 0x7f) * scale
    if (byte < 0x80) {
      longEnd = i + 1
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
    scale *= 0x80
  }
  longEnd = end
  return Number.NaN
}

/**
 * Appends records from `askedOffset` on to `block` until it is full or the batch has no more (`remaining` is 0). Record:
 * length, attributes i8, timestampDelta, offsetDelta, key, value, headers; all numbers zigzag varints. No length is trusted.
 *
 * This is the loop that all throughput hangs on: one pass, no object or call per record where varints have one byte.
 *
 * @returns why the batch cannot be read, and then nothing was appended; undefined: all is well
 */
export const walkRecords = (walk: Walk, askedOffset: number, block: RecordBlock): string | undefined => {
  const { bytes, end, baseOffset, lastOffset, baseTimestampMs, appendTimeMs } = walk
  const { offsets, timestampsMs, keyStarts, keyEnds, valueStarts, valueEnds, headerStarts, headerEnds } = block
  const capacity = offsets.length
  const hasAppendTime = !Number.isNaN(appendTimeMs)
  let { at, remaining, previousOffset } = walk
  let i = block.count
  while (remaining > 0 && i < capacity) {
    let byte = bytes[at]
    let length: number
    if (byte < 0x80) {
      length = (byte >>> 1) ^ -(byte & 1)
      at++
    } else {
      length = longVarint(bytes, at, end)
      at = longEnd
    }
    const recordEnd = at + length
    if (!(length >= 0 && recordEnd <= end)) return refusal(walk, 'a length')
    at++ // attributes, unused

    byte = bytes[at]
    let timestampDelta: number
    if (byte < 0x80) {
      timestampDelta = (byte >>> 1) ^ -(byte & 1)
      at++
    } else {
      timestampDelta = longVarint(bytes, at, recordEnd)
      at = longEnd
    }

    byte = bytes[at]
    let offsetDelta: number
    if (byte < 0x80) {
      offsetDelta = (byte >>> 1) ^ -(byte & 1)
      at++
    } else {
      offsetDelta = longVarint(bytes, at, recordEnd)
      at = longEnd
    }
    const offset = baseOffset + offsetDelta
    if (!(offset > previousOffset && offset <= lastOffset)) return refusal(walk, 'an offset')
    previousOffset = offset

    byte = bytes[at]
    let keyLength: number
    if (byte < 0x80) {
      keyLength = (byte >>> 1) ^ -(byte & 1)
      at++
    } else {
      keyLength = longVarint(bytes, at, recordEnd)
      at = longEnd
    }
    if (keyLength === -1) {
      keyStarts[i] = -1
      keyEnds[i] = -1
    } else {
      keyStarts[i] = at
      at += keyLength
      keyEnds[i] = at
    }
    if (!(keyLength >= -1 && at < recordEnd)) return refusal(walk, 'a key')

    byte = bytes[at]
    let valueLength: number
    if (byte < 0x80) {
      valueLength = (byte >>> 1) ^ -(byte & 1)
      at++
    } else {
      valueLength = longVarint(bytes, at, recordEnd)
      at = longEnd
    }
    if (valueLength === -1) {
      valueStarts[i] = -1
      valueEnds[i] = -1
    } else {
      valueStarts[i] = at
      at += valueLength
      valueEnds[i] = at
    }
    if (!(valueLength >= -1 && at < recordEnd)) return refusal(walk, 'a value')
    headerStarts[i] = at
    headerEnds[i] = recordEnd
    timestampsMs[i] = hasAppendTime ? appendTimeMs : baseTimestampMs + timestampDelta
    offsets[i] = offset
    at = recordEnd
    remaining--
    if (offset >= askedOffset) i++
  }
  if (remaining === 0 && at !== end) return `${end - at} bytes follow the last record of the batch at offset ${baseOffset}`
  walk.at = at
  walk.remaining = remaining
  walk.previousOffset = previousOffset
  block.count = i
  return undefined
}

const refusal = (walk: Walk, what: string): string =>
  `${what} of a record in the batch at offset ${walk.baseOffset} goes beyond the bytes there are, or is out of order`
