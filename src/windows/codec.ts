/**
 * One series' part of one pane, as bytes. Pure.
 *
 * ```
 * version u8 · layout hash 8 bytes · parts u8 (bit 0 on time, bit 1 late) · asOf · [asOf - onTimeAsOf, where both parts are]
 *   · [cells on time] · [cells late]
 * cells = (delta index * 2 + float?, value)* 0      value = varint, or float64 LE
 * ```
 * asOf, delta index, integers: unsigned LEB128. A cell that holds its identity bit for bit is not stored, so an untouched cell
 * costs nothing and a count mostly two bytes. Every value comes back bit for bit (-0, NaN payloads, integers above 2^53).
 */
export const CODEC_VERSION = 2

/** What the cells of a part mean, as far as bytes are concerned: a Layout is one. */
export type PartLayout = Readonly<{
  /** 8 bytes; parts of another layout are refused, never misread. */
  hash: Uint8Array
  /** What each cell holds before anything was observed: 0, +Infinity or -Infinity. */
  identities: Float64Array
}>

export type Part = Readonly<{
  /** The partition's events below this offset are in the cells. */
  asOf: number
  /** Its on-time events lie below this; 0 without any. Unlike `asOf` it stays once the on-time part is frozen. */
  onTimeAsOf: number
  onTime: Float64Array | null
  late: Float64Array | null
}>

export type DecodedPart =
  | Readonly<{ kind: 'part'; part: Part }>
  /** Written by another release: read it with that release's codec, or refuse. */
  | Readonly<{ kind: 'other-version'; version: number }>
  /** Written for other bins, aggregates or features; `hash` in hex. */
  | Readonly<{ kind: 'other-layout'; hash: string }>
  | Readonly<{ kind: 'damaged'; reason: string }>

const HEADER_BYTES = 10
const VARINT_BYTES = 8
const OFFSETS = 2
const CELL_BYTES = 13
const ON_TIME = 1
const LATE = 2
const TWO_32 = 2 ** 32
/** Which half of a float64 comes first in memory. */
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0]
const LOW = 1 - HIGH

/** Bit patterns are compared and moved as words: reading a float may change a NaN's payload. */
const wordsOf = (cells: Float64Array): Uint32Array => new Uint32Array(cells.buffer, cells.byteOffset, cells.length * 2)

let scratch = new Uint8Array(64 * 1024)
let scratchView = new DataView(scratch.buffer)

/** Throws when the cells do not fit the layout: a bug of the caller. */
export const encodePart = (part: Part, layout: PartLayout): Uint8Array => {
  const lists = (part.onTime === null ? 0 : 1) + (part.late === null ? 0 : 1)
  reserve(HEADER_BYTES + OFFSETS * VARINT_BYTES + lists * (layout.identities.length * CELL_BYTES + 1))
  scratch[0] = CODEC_VERSION
  if (layout.hash.length !== 8) throw new RangeError(`a layout hash has 8 bytes, this one ${layout.hash.length}`)
  scratch.set(layout.hash, 1)
  scratch[9] = (part.onTime === null ? 0 : ON_TIME) | (part.late === null ? 0 : LATE)
  if (!Number.isSafeInteger(part.asOf) || part.asOf < 0) throw new RangeError(`not an offset: ${part.asOf}`)
  let at = putVarint(HEADER_BYTES, part.asOf)
  if (lists === 2) at = putVarint(at, part.asOf - part.onTimeAsOf)
  if (part.onTime !== null) at = putCells(at, part.onTime, layout.identities)
  if (part.late !== null) at = putCells(at, part.late, layout.identities)
  return scratch.slice(0, at)
}

/** Never throws on bytes: whatever is wrong with them is a value. */
export const decodePart = (bytes: Uint8Array, layout: PartLayout): DecodedPart => {
  if (bytes.length === 0) return { kind: 'damaged', reason: 'no bytes' }
  if (bytes[0] !== CODEC_VERSION) return { kind: 'other-version', version: bytes[0] }
  if (bytes.length < HEADER_BYTES) return { kind: 'damaged', reason: `header ends at byte ${bytes.length}` }
  if (!layout.hash.every((byte, i) => byte === bytes[i + 1])) return { kind: 'other-layout', hash: hex(bytes.subarray(1, 9)) }
  if (bytes[9] > (ON_TIME | LATE)) return { kind: 'damaged', reason: `unknown parts ${bytes[9]}` }

  const cursor: Cursor = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), at: HEADER_BYTES }
  const asOf = takeVarint(cursor)
  if (asOf < 0) return { kind: 'damaged', reason: `no offset can be read at byte ${cursor.at} of ${bytes.length}` }
  const behind = bytes[9] === (ON_TIME | LATE) ? takeVarint(cursor) : 0
  if (behind < 0 || behind > asOf)
    return { kind: 'damaged', reason: `no offset can be read at byte ${cursor.at} of ${bytes.length}` }
  const onTime = bytes[9] & ON_TIME ? takeCells(cursor, layout.identities) : null
  const late = bytes[9] & LATE && onTime !== undefined ? takeCells(cursor, layout.identities) : null
  if (onTime === undefined || late === undefined) {
    return { kind: 'damaged', reason: `no cell can be read at byte ${cursor.at} of ${bytes.length}` }
  }
  if (cursor.at !== bytes.length) return { kind: 'damaged', reason: `${bytes.length - cursor.at} bytes too many` }
  return { kind: 'part', part: { asOf, onTimeAsOf: onTime === null ? 0 : asOf - behind, onTime, late } }
}

const reserve = (bytes: number): void => {
  if (scratch.length >= bytes) return
  scratch = new Uint8Array(bytes * 2)
  scratchView = new DataView(scratch.buffer)
}

/** Up to 2^53 - 1; below 2^32 by integer operations. */
const putVarint = (start: number, value: number): number => {
  let at = start
  let rest = value
  for (; rest >= TWO_32; rest = Math.floor(rest / 128)) scratch[at++] = (rest % 128) | 128
  let small = rest >>> 0
  for (; small > 127; small >>>= 7) scratch[at++] = (small & 127) | 128
  scratch[at++] = small
  return at
}

const putCells = (start: number, cells: Float64Array, identities: Float64Array): number => {
  if (cells.length !== identities.length) throw new RangeError(`${cells.length} cells, the layout has ${identities.length}`)
  const words = wordsOf(cells)
  const identityWords = wordsOf(identities)
  let at = start
  let previous = -1
  for (let i = 0; i < cells.length; i++) {
    const low = words[2 * i + LOW]
    const high = words[2 * i + HIGH]
    if (low === identityWords[2 * i + LOW] && high === identityWords[2 * i + HIGH]) continue
    const delta = (i - previous) * 2
    previous = i
    const value = cells[i]
    const isCount = value >= 0 && value <= Number.MAX_SAFE_INTEGER && Math.floor(value) === value && (value !== 0 || high === 0)
    at = putVarint(at, isCount ? delta : delta + 1)
    if (isCount) at = putVarint(at, value)
    else {
      scratchView.setUint32(at, low, true)
      scratchView.setUint32(at + 4, high, true)
      at += 8
    }
  }
  scratch[at++] = 0
  return at
}

type Cursor = { readonly bytes: Uint8Array; readonly view: DataView; at: number }

/** -1 when the bytes end early or say more than 2^53 - 1. */
const takeVarint = (cursor: Cursor): number => {
  const { bytes } = cursor
  let value = 0
  for (let scale = 1; cursor.at < bytes.length; scale *= 128) {
    const byte = bytes[cursor.at++]
    value += (byte & 127) * scale
    if (value > Number.MAX_SAFE_INTEGER || scale > 2 ** 49) return -1
    if (byte < 128) return value
  }
  return -1
}

/** undefined when the bytes end early, or name a cell that the layout does not have. */
const takeCells = (cursor: Cursor, identities: Float64Array): Float64Array | undefined => {
  const { bytes, view } = cursor
  const cells = identities.slice()
  const words = wordsOf(cells)
  for (let i = -1; ; ) {
    const tag = takeVarint(cursor)
    if (tag === 0) return cells
    const delta = Math.floor(tag / 2)
    i += delta
    if (tag < 0 || delta === 0 || i >= cells.length) return undefined
    if (tag % 2 === 0) {
      const value = takeVarint(cursor)
      if (value < 0) return undefined
      cells[i] = value
    } else {
      if (cursor.at + 8 > bytes.length) return undefined
      words[2 * i + LOW] = view.getUint32(cursor.at, true)
      words[2 * i + HIGH] = view.getUint32(cursor.at + 4, true)
      cursor.at += 8
    }
  }
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
