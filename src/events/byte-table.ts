const EMPTY = 0
const INITIAL_SLOTS = 256
const INITIAL_ARENA = 4096

/** Four bytes a multiplication (a byte at a time was 1.6 times slower on texts of 3 to 20 bytes), mixed at the end. */
const hashOf = (bytes: Uint8Array, start: number, end: number): number => {
  let hash = Math.imul(end - start, 0x9e3779b1)
  let at = start
  for (const words = end - 3; at < words; at += 4) {
    const word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
    hash = Math.imul(hash ^ word, 0x85ebca6b)
    hash ^= hash >>> 15
  }
  for (; at < end; at++) hash = Math.imul(hash ^ bytes[at], 0xc2b2ae35)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0x27d4eb2f)
  return hash ^ (hash >>> 15)
}

/**
 * Byte strings as dense codes, in the order in which they came; code 0 is the empty one, from the start. Open addressing with
 * linear probing over one arena: a lookup makes no object. A class, as all instances share the code that is optimised.
 */
export class ByteTable {
  size = 0
  private arena: Buffer = Buffer.allocUnsafeSlow(INITIAL_ARENA)
  /** Of code c: arena[starts[c], starts[c + 1]). */
  private starts = new Int32Array(INITIAL_SLOTS + 1)
  private hashes = new Int32Array(INITIAL_SLOTS)
  /** Code + 1; 0 is a free slot. A power of two long, at most half full. */
  private slots = new Int32Array(INITIAL_SLOTS)

  constructor() {
    this.add(this.arena, 0, 0)
  }

  /** -1 when it was never added. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end)
    const mask = this.slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const code = this.slots[slot] - 1
      if (code < 0) return -1
      if (this.hashes[code] === hash && this.is(code, bytes, start, end)) return code
    }
  }

  /** The code, new or old. */
  add(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end)
    const mask = this.slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const code = this.slots[slot] - 1
      if (code < 0) return this.insert(slot, hash, bytes, start, end)
      if (this.hashes[code] === hash && this.is(code, bytes, start, end)) return code
    }
  }

  /** Whether `code` stands for `bytes[start, end)`. */
  is(code: number, bytes: Uint8Array, start: number, end: number): boolean {
    let own = this.starts[code]
    if (this.starts[code + 1] - own !== end - start) return false
    const arena = this.arena
    for (let at = start; at < end; at++, own++) {
      if (arena[own] !== bytes[at]) return false
    }
    return true
  }

  /** The bytes of a code as UTF-8; what is not UTF-8 becomes U+FFFD. */
  text(code: number): string {
    return this.arena.toString('utf8', this.starts[code], this.starts[code + 1])
  }

  /** Back to the empty text alone. What has grown stays, as the next fill will be about as large. */
  clear(): void {
    this.slots.fill(EMPTY)
    this.size = 0
    this.add(this.arena, 0, 0)
  }

  private insert(slot: number, hash: number, bytes: Uint8Array, start: number, end: number): number {
    const code = this.size++
    const at = this.starts[code]
    const after = at + end - start
    if (after > this.arena.length) this.growArena(after)
    const arena = this.arena
    for (let from = start, to = at; from < end; from++, to++) arena[to] = bytes[from]
    this.starts[code + 1] = after
    this.hashes[code] = hash
    this.slots[slot] = code + 1
    if (this.size * 2 > this.slots.length) this.growSlots()
    return code
  }

  private growArena(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.arena.length * 2))
    this.arena.copy(grown)
    this.arena = grown
  }

  private growSlots(): void {
    const length = this.slots.length * 2
    const starts = new Int32Array(length + 1)
    starts.set(this.starts)
    const hashes = new Int32Array(length)
    hashes.set(this.hashes)
    const slots = new Int32Array(length)
    for (let code = 0; code < this.size; code++) {
      let slot = hashes[code] & (length - 1)
      while (slots[slot] !== EMPTY) slot = (slot + 1) & (length - 1)
      slots[slot] = code + 1
    }
    this.starts = starts
    this.hashes = hashes
    this.slots = slots
  }
}
