import { ByteTable } from '../byte-table.ts'

/** Keys beyond the declared names that are remembered, to be stepped over as fast as those. */
const MOST_OTHER_KEYS = 1024
const LONGEST_OTHER_KEY = 128
/** A longer key's length takes two bytes. */
const LONGEST_FRAMED_KEY = 63
const MOST_WORDS = (LONGEST_FRAMED_KEY + 1) / 4

/**
 * Declared names by the bytes of a map's key. Gateways write their keys in the same order event after event, so the key that
 * followed the last one before is compared first, four bytes at a time and its length with it: a hash is needed only where
 * the order changes.
 */
export class KnownKeys {
  private readonly table = new ByteTable()
  /** By code: position among the declared names, -1 for any other key. */
  private readonly columns: Int32Array
  /** By code: the key that came next when this key was last seen. */
  private readonly successors: Int32Array
  /** A key as it stands in a record, one byte of length before it, in little-endian words; masked beyond its end. */
  private readonly words: Int32Array
  private readonly wordCounts: Uint8Array
  private readonly lastMasks: Int32Array
  private readonly sizes: Uint8Array
  /** Keys are below this. */
  readonly mostKeys: number

  constructor(names: readonly string[]) {
    this.mostKeys = names.length + 1 + MOST_OTHER_KEYS
    this.columns = new Int32Array(this.mostKeys).fill(-1)
    this.successors = new Int32Array(this.mostKeys)
    this.words = new Int32Array(this.mostKeys * MOST_WORDS)
    this.wordCounts = new Uint8Array(this.mostKeys)
    this.lastMasks = new Int32Array(this.mostKeys)
    this.sizes = new Uint8Array(this.mostKeys)
    names.forEach((name, column) => {
      const bytes = Buffer.from(name)
      const code = this.remember(bytes, 0, bytes.length)
      if (this.columns[code] >= 0) throw new Error(`the dictionary declares ${JSON.stringify(name)} twice`)
      this.columns[code] = column
    })
  }

  /** The key that follows `previous` (0: none) if all goes as before, to be asked of `isAt`. */
  expected(previous: number): number {
    return this.successors[previous]
  }

  /** Whether the key stands at `pos`, its length first. False as well where the bytes to be compared reach beyond `end`. */
  isAt(key: number, view: DataView, pos: number, end: number): boolean {
    const count = this.wordCounts[key]
    if (count === 0 || pos + count * 4 > end) return false
    const words = this.words
    let word = key * MOST_WORDS
    let at = pos
    for (const last = word + count - 1; word < last; word++, at += 4) {
      if (view.getInt32(at, true) !== words[word]) return false
    }
    return (view.getInt32(at, true) & this.lastMasks[key]) === words[word]
  }

  /** The key's bytes in a record, with the byte of its length; only where `isAt` was true. */
  size(key: number): number {
    return this.sizes[key]
  }

  /** The position among the declared names, -1 for any other key. */
  column(key: number): number {
    return key < 0 ? -1 : this.columns[key]
  }

  /** The key `bytes[start, end)` after `previous`, to be expected there from now on; -1 where there is no room to remember it. */
  learn(previous: number, bytes: Uint8Array, start: number, end: number): number {
    const room = this.table.size < this.mostKeys && end - start <= LONGEST_OTHER_KEY
    const key = room ? this.remember(bytes, start, end) : this.table.find(bytes, start, end)
    if (key >= 0) this.successors[previous] = key
    return key
  }

  /** The position of `bytes[start, end)` among the declared names, -1 for any other text. */
  columnOf(bytes: Uint8Array, start: number, end: number): number {
    return this.column(this.table.find(bytes, start, end))
  }

  private remember(bytes: Uint8Array, start: number, end: number): number {
    const before = this.table.size
    const key = this.table.add(bytes, start, end)
    const length = end - start
    if (key < before || length > LONGEST_FRAMED_KEY) return key
    const frame = Buffer.alloc(Math.ceil((1 + length) / 4) * 4)
    frame[0] = 2 * length
    frame.set(bytes.subarray(start, end), 1)
    for (let at = 0; at < frame.length; at += 4) this.words[key * MOST_WORDS + at / 4] = frame.readInt32LE(at)
    this.wordCounts[key] = frame.length / 4
    this.lastMasks[key] = -1 >>> (8 * (frame.length - 1 - length))
    this.sizes[key] = 1 + length
    return key
  }
}
