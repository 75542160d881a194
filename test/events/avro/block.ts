import type { RecordBlock } from '../../../src/consumers/record-block.ts'

/** Values (null: none) as one block, with bytes of others around each of them, as in a fetched buffer. */
export const blockOf = (values: readonly (Buffer | null)[]): RecordBlock => {
  const none = new Int32Array(values.length).fill(-1)
  const starts = Int32Array.from(none)
  const ends = Int32Array.from(none)
  const parts: Buffer[] = []
  let at = 3
  values.forEach((value, i) => {
    if (value === null) return
    parts.push(value, Buffer.from([0x55, 0xaa, 0xff]))
    starts[i] = at
    ends[i] = at + value.length
    at += value.length + 3
  })
  const whole = Buffer.concat([Buffer.from([1, 2, 3]), ...parts])
  return {
    bytes: whole,
    view: new DataView(whole.buffer, whole.byteOffset, whole.length),
    count: values.length,
    offsets: Float64Array.from(values, (_, i) => 1000 + 2 * i),
    timestampsMs: Float64Array.from(values, (_, i) => 1_767_225_600_000 + i),
    keyStarts: none,
    keyEnds: none,
    valueStarts: starts,
    valueEnds: ends,
    headerStarts: none,
    headerEnds: none,
  }
}

/** A block that ends with its only value: whatever reads on leaves the buffer. */
export const lastInBuffer = (value: Buffer): RecordBlock => {
  const bytes = Buffer.from(value)
  const own = new Uint8Array(bytes).buffer
  return {
    ...blockOf([value]),
    bytes: Buffer.from(own),
    view: new DataView(own),
    valueStarts: Int32Array.of(0),
    valueEnds: Int32Array.of(value.length),
  }
}
