import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Cursor } from '../../../src/events/avro/cursor.ts'
import { Code } from '../../../src/events/avro/faults.ts'
import { long } from './encode.ts'

const over = (bytes: Buffer): Cursor => {
  const cursor = new Cursor()
  cursor.bytes = bytes
  cursor.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  cursor.end = bytes.length
  return cursor
}

describe('a cursor', () => {
  test('reads every long, exactly up to 2^53 and to the last bit but one beyond', () => {
    const longs = fc.oneof(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.bigInt({ min: -(2n ** 55n), max: 2n ** 55n }),
      fc.integer().map(BigInt),
    )
    fc.assert(
      fc.property(longs, value => {
        const bytes = long(value)
        const cursor = over(bytes)
        const read = cursor.long()
        expect([cursor.fault, cursor.pos]).toEqual([Code.ok, bytes.length])
        const exact = Number(value)
        if (Number.isSafeInteger(exact)) expect(read).toBe(exact)
        else expect(Math.abs(read - exact)).toBeLessThanOrEqual(Math.abs(exact) * 2 ** -52)
      }),
    )
  })

  test('stays at the end after its first fault, and reads nothing but zeros there', () => {
    const cursor = over(Buffer.from([0x80]))
    expect(cursor.long()).toBe(0)
    cursor.fail(Code.badTime)
    expect([cursor.fault, cursor.pos]).toEqual([Code.truncated, 1])
    expect([cursor.long(), cursor.double(), cursor.float(), cursor.boolean(), cursor.length(), cursor.block(1)]).toEqual([
      0, 0, 0, 0, 0, 0,
    ])
    cursor.advance(1)
    cursor.text()
    expect(cursor.pos).toBe(1)
  })
})
