import { Code } from './faults.ts'

/** No varint of a 64-bit number is longer. */
const MAX_VARINT_BYTES = 10

/**
 * A place in a record's value. Every read is checked against `end`. The first fault sticks: the cursor then stands at the end,
 * and what is read afterwards is 0, so that callers may look at `fault` once per loop instead of once per read.
 */
export class Cursor {
  bytes: Uint8Array = new Uint8Array(0)
  view: DataView = new DataView(new ArrayBuffer(0))
  pos = 0
  end = 0
  fault: number = Code.ok

  fail(code: number): 0 {
    if (this.fault === Code.ok) this.fault = code
    this.pos = this.end
    return 0
  }

  /** An int or a long; beyond 2^53 the nearest double, as near as the sum of its parts gets. */
  long(): number {
    const pos = this.pos
    if (pos >= this.end) return this.fail(Code.truncated)
    const first = this.bytes[pos]
    this.pos = pos + 1
    return first < 128 ? (first >>> 1) ^ -(first & 1) : this.longTail(first)
  }

  /** Bits 0..27 in `low`, 28..55 in `middle`, 56..63 in `high`: integer arithmetic as long as it lasts. */
  private longTail(first: number): number {
    const bytes = this.bytes
    const start = this.pos - 1
    let low = first & 127
    let middle = 0
    let high = 0
    let byte = first
    for (let shift = 7; byte > 127; shift += 7) {
      if (this.pos >= this.end) return this.fail(Code.truncated)
      if (this.pos - start >= MAX_VARINT_BYTES) return this.fail(Code.badLength)
      byte = bytes[this.pos++]
      if (shift < 28) low |= (byte & 127) << shift
      else if (shift < 56) middle |= (byte & 127) << (shift - 28)
      else high |= (byte & 127) << (shift - 56)
    }
    const half = (low >>> 1) + middle * 2 ** 27 + (high & 255) * 2 ** 55
    return (low & 1) === 0 ? half : -half - 1
  }

  /** A length that fits what is left. */
  length(): number {
    const length = this.long()
    if (length < 0) return this.fail(Code.badLength)
    if (length > this.end - this.pos) return this.fail(Code.truncated)
    return length
  }

  /** Steps over a text, or anything else that begins with its length. */
  text(): void {
    const length = this.length()
    this.pos += length
  }

  /** The entries of the next block of an array or map, 0 at its end. Each entry takes `least` bytes or more. */
  block(least: number): number {
    let count = this.long()
    if (count < 0) {
      count = -count
      this.length()
    }
    if (count * least > this.end - this.pos) return this.fail(Code.truncated)
    return count
  }

  advance(count: number): void {
    if (count > this.end - this.pos) this.fail(Code.truncated)
    else this.pos += count
  }

  boolean(): 0 | 1 {
    if (this.pos >= this.end) return this.fail(Code.truncated)
    return this.bytes[this.pos++] === 0 ? 0 : 1
  }

  float(): number {
    const pos = this.pos
    if (pos + 4 > this.end) return this.fail(Code.truncated)
    this.pos = pos + 4
    return this.view.getFloat32(pos, true)
  }

  double(): number {
    const pos = this.pos
    if (pos + 8 > this.end) return this.fail(Code.truncated)
    this.pos = pos + 8
    return this.view.getFloat64(pos, true)
  }
}
