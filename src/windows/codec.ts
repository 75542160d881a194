import { CELL_BYTES, cursorOf, outputOf, putCells, putVarint, skipCells, takeVarint, unpackCells } from './packed-cells.ts'

/**
 * One series' part of one pane, as bytes. Pure.
 *
 * ```
 * version u8 · layout hash 8 bytes · parts u8 (bit 0 on time, bit 1 late) · asOf · [asOf - onTimeAsOf, where both parts are]
 *   · [cells on time] · [cells late]
 * ```
 * asOf: unsigned LEB128; cells: packed-cells.ts.
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

/** A part whose cells are still packed. */
export type PackedPart = Readonly<{ asOf: number; onTimeAsOf: number; onTime: Uint8Array | null; late: Uint8Array | null }>

export type DecodedPart = Readonly<{ kind: 'part'; part: Part }> | Refused
export type Split = Readonly<{ kind: 'part'; part: PackedPart }> | Refused

export type Refused =
  /** Written by another release: read it with that release's codec, or refuse. */
  | Readonly<{ kind: 'other-version'; version: number }>
  /** Written for other bins, aggregates or features; `hash` in hex. */
  | Readonly<{ kind: 'other-layout'; hash: string }>
  | Readonly<{ kind: 'damaged'; reason: string }>

const HEADER_BYTES = 10
const VARINT_BYTES = 8
const ON_TIME = 1
const LATE = 2

/** Throws when the cells do not fit the layout: a bug of the caller. */
export const encodePart = (part: Part, layout: PartLayout): Uint8Array => {
  const lists = (part.onTime === null ? 0 : 1) + (part.late === null ? 0 : 1)
  const output = outputOf(HEADER_BYTES + 2 * VARINT_BYTES + lists * (layout.identities.length * CELL_BYTES + 1))
  const { bytes } = output
  bytes[0] = CODEC_VERSION
  if (layout.hash.length !== 8) throw new RangeError(`a layout hash has 8 bytes, this one ${layout.hash.length}`)
  bytes.set(layout.hash, 1)
  bytes[9] = (part.onTime === null ? 0 : ON_TIME) | (part.late === null ? 0 : LATE)
  if (!Number.isSafeInteger(part.asOf) || part.asOf < 0) throw new RangeError(`not an offset: ${part.asOf}`)
  let at = putVarint(bytes, HEADER_BYTES, part.asOf)
  if (lists === 2) at = putVarint(bytes, at, part.asOf - part.onTimeAsOf)
  if (part.onTime !== null) at = putCells(output, at, part.onTime, layout.identities)
  if (part.late !== null) at = putCells(output, at, part.late, layout.identities)
  return bytes.slice(0, at)
}

/** Never throws on bytes: whatever is wrong with them is a value. The lists are views of them. */
export const splitPart = (bytes: Uint8Array, layout: PartLayout): Split => {
  if (bytes.length === 0) return { kind: 'damaged', reason: 'no bytes' }
  if (bytes[0] !== CODEC_VERSION) return { kind: 'other-version', version: bytes[0] }
  if (bytes.length < HEADER_BYTES) return { kind: 'damaged', reason: `header ends at byte ${bytes.length}` }
  for (let i = 0; i < layout.hash.length; i++)
    if (layout.hash[i] !== bytes[i + 1]) return { kind: 'other-layout', hash: hex(bytes.subarray(1, 9)) }
  if (bytes[9] > (ON_TIME | LATE)) return { kind: 'damaged', reason: `unknown parts ${bytes[9]}` }

  const cursor = cursorOf(bytes, HEADER_BYTES)
  const asOf = takeVarint(cursor)
  if (asOf < 0) return { kind: 'damaged', reason: `no offset can be read at byte ${cursor.at} of ${bytes.length}` }
  const behind = bytes[9] === (ON_TIME | LATE) ? takeVarint(cursor) : 0
  if (behind < 0 || behind > asOf)
    return { kind: 'damaged', reason: `no offset can be read at byte ${cursor.at} of ${bytes.length}` }
  const list = (): Uint8Array | undefined => {
    const from = cursor.at
    return skipCells(cursor, layout.identities.length) ? bytes.subarray(from, cursor.at) : undefined
  }
  const onTime = bytes[9] & ON_TIME ? list() : null
  const late = bytes[9] & LATE && onTime !== undefined ? list() : null
  if (onTime === undefined || late === undefined) {
    return { kind: 'damaged', reason: `no cell can be read at byte ${cursor.at} of ${bytes.length}` }
  }
  if (cursor.at !== bytes.length) return { kind: 'damaged', reason: `${bytes.length - cursor.at} bytes too many` }
  return { kind: 'part', part: { asOf, onTimeAsOf: onTime === null ? 0 : asOf - behind, onTime, late } }
}

export const decodePart = (bytes: Uint8Array, layout: PartLayout): DecodedPart => {
  const split = splitPart(bytes, layout)
  if (split.kind !== 'part') return split
  const { asOf, onTimeAsOf, onTime, late } = split.part
  const unpacked = (list: Uint8Array | null): Float64Array | null => {
    if (list === null) return null
    const cells = new Float64Array(layout.identities.length)
    unpackCells(list, cells, layout.identities)
    return cells
  }
  return { kind: 'part', part: { asOf, onTimeAsOf, onTime: unpacked(onTime), late: unpacked(late) } }
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
