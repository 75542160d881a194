import type { CellRun } from './aggregate.ts'

/**
 * Cells as bytes: `(delta index * 2 + float?, value)* 0`, value = varint, or float64 LE; delta index and integers are unsigned
 * LEB128. A cell that holds its identity bit for bit is not there, so an untouched cell costs nothing and a count mostly two
 * bytes. Every value comes back bit for bit (-0, NaN payloads, integers above 2^53).
 */
export const CELL_BYTES = 13

const TWO_32 = 2 ** 32
/** Which half of a float64 comes first in memory. */
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0]
const LOW = 1 - HIGH

/** Bit patterns are compared and moved as words: reading a float may change a NaN's payload. */
const wordsOf = (cells: Float64Array): Uint32Array => new Uint32Array(cells.buffer, cells.byteOffset, cells.length * 2)

export type Output = Readonly<{ bytes: Uint8Array; view: DataView }>

let shared: Output = { bytes: new Uint8Array(0), view: new DataView(new ArrayBuffer(0)) }

/** Scratch of at least so many bytes, whoever asks. */
export const outputOf = (size: number): Output => {
  if (shared.bytes.length >= size) return shared
  const bytes = new Uint8Array(Math.max(64 * 1024, size * 2))
  shared = { bytes, view: new DataView(bytes.buffer) }
  return shared
}

/** Up to 2^53 - 1; below 2^32 by integer operations. */
export const putVarint = (bytes: Uint8Array, start: number, value: number): number => {
  let at = start
  let rest = value
  for (; rest >= TWO_32; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) | 128
  let small = rest >>> 0
  for (; small > 127; small >>>= 7) bytes[at++] = (small & 127) | 128
  bytes[at++] = small
  return at
}

/** Writes at `start`, where there is room for CELL_BYTES a cell and one; returns where it ended. */
export const putCells = ({ bytes, view }: Output, start: number, cells: Float64Array, identities: Float64Array): number => {
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
    at = putVarint(bytes, at, isCount ? delta : delta + 1)
    if (isCount) at = putVarint(bytes, at, value)
    else {
      view.setUint32(at, low, true)
      view.setUint32(at + 4, high, true)
      at += 8
    }
  }
  bytes[at++] = 0
  return at
}

export const packCells = (cells: Float64Array, identities: Float64Array): Uint8Array => {
  const output = outputOf(cells.length * CELL_BYTES + 1)
  return output.bytes.slice(0, putCells(output, 0, cells, identities))
}

export type Cursor = { readonly bytes: Uint8Array; readonly view: DataView; at: number }

export const cursorOf = (bytes: Uint8Array, at = 0): Cursor => ({
  bytes,
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
  at,
})

/** -1 when the bytes end early or say more than 2^53 - 1. */
export const takeVarint = (cursor: Cursor): number => {
  const { bytes } = cursor
  if (bytes[cursor.at] < 128) return bytes[cursor.at++]
  let value = 0
  for (let scale = 1; cursor.at < bytes.length; scale *= 128) {
    const byte = bytes[cursor.at++]
    value += (byte & 127) * scale
    if (value > Number.MAX_SAFE_INTEGER || scale > 2 ** 49) return -1
    if (byte < 128) return value
  }
  return -1
}

/** Into cells that hold their identities; false when the bytes end early, or name a cell that there is not. */
export const takeCells = (cursor: Cursor, cells: Float64Array): boolean => {
  const { bytes, view } = cursor
  const words = wordsOf(cells)
  for (let i = -1; ; ) {
    const tag = takeVarint(cursor)
    if (tag === 0) return true
    const delta = Math.floor(tag / 2)
    i += delta
    if (tag < 0 || delta === 0 || i >= cells.length) return false
    if (tag % 2 === 0) {
      const value = takeVarint(cursor)
      if (value < 0) return false
      cells[i] = value
    } else {
      if (cursor.at + 8 > bytes.length) return false
      words[2 * i + LOW] = view.getUint32(cursor.at, true)
      words[2 * i + HIGH] = view.getUint32(cursor.at + 4, true)
      cursor.at += 8
    }
  }
}

/** Steps over the cells of a layout of `size`; false as takeCells. What it passed can be unpacked and merged. */
export const skipCells = (cursor: Cursor, size: number): boolean => {
  for (let i = -1; ; ) {
    const tag = takeVarint(cursor)
    if (tag === 0) return true
    const delta = Math.floor(tag / 2)
    i += delta
    if (tag < 0 || delta === 0 || i >= size) return false
    if (tag % 2 === 1) cursor.at += 8
    else if (takeVarint(cursor) < 0) return false
    if (cursor.at > cursor.bytes.length) return false
  }
}

/** Replaces what `target` holds. */
export const unpackCells = (packed: Uint8Array, target: Float64Array, identities: Float64Array): void => {
  target.set(identities)
  if (!takeCells(cursorOf(packed), target)) throw new Error('packed cells do not fit their layout')
}

/** The value of cell 0. */
export const firstCell = (packed: Uint8Array): number => {
  const cursor = cursorOf(packed)
  if (takeVarint(cursor) !== 2) return 0
  return takeVarint(cursor)
}

/** As mergeInto of the unpacked cells, bit for bit; costs what was seen, not what there is. */
export const mergePacked = (target: Float64Array, packed: Uint8Array, runs: readonly CellRun[]): void => {
  const cursor = cursorOf(packed)
  let run = 0
  let runStart = 0
  let runEnd = runs[0].count
  let { op } = runs[0]
  let triple = -1
  let n = 0
  let mean = 0
  let m2 = 0
  for (let i = -1; ; ) {
    const tag = takeVarint(cursor)
    if (tag === 0) break
    i += Math.floor(tag / 2)
    let value: number
    if (tag % 2 === 0) value = takeVarint(cursor)
    else {
      value = cursor.view.getFloat64(cursor.at, true)
      cursor.at += 8
    }
    while (i >= runEnd) {
      runStart = runEnd
      op = runs[++run].op
      runEnd += runs[run].count
    }
    switch (op) {
      case 'add':
        target[i] += value
        break
      case 'min':
        if (value < target[i]) target[i] = value
        break
      case 'max':
        if (value > target[i]) target[i] = value
        break
      case 'moments': {
        const at = i - ((i - runStart) % 3)
        if (at !== triple) {
          if (triple >= 0) mergeMoments(target, triple, n, mean, m2)
          triple = at
          n = 0
          mean = 0
          m2 = 0
        }
        if (i === at) n = value
        else if (i === at + 1) mean = value
        else m2 = value
        break
      }
    }
  }
  if (triple >= 0) mergeMoments(target, triple, n, mean, m2)
}

/** (n, mean, M2) into those at `i`, pairwise: Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm", 1979. */
export const mergeMoments = (target: Float64Array, i: number, n: number, mean: number, m2: number): void => {
  if (n === 0) return
  const total = target[i] + n
  const delta = mean - target[i + 1]
  target[i + 2] += m2 + (delta * delta * target[i] * n) / total
  target[i + 1] += (delta * n) / total
  target[i] = total
}
