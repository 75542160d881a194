import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeHeaders, readHeaders } from '../../src/consumers/headers.ts'

describe('record headers', () => {
  test('none are one byte', () => {
    expect(encodeHeaders(undefined)).toEqual(Buffer.from([0]))
    expect(readHeaders(Buffer.from([0]), 0, 1)).toEqual([])
  })

  test('are read as byte ranges, a null value as -1', () => {
    //                          count 2 | "a" = "xy"             | "b" = null
    const bytes = Buffer.from([9, 0x04, 0x02, 0x61, 0x04, 0x78, 0x79, 0x02, 0x62, 0x01, 9])
    expect(readHeaders(bytes, 1, 10)).toEqual([
      { keyStart: 3, keyEnd: 4, valueStart: 5, valueEnd: 7 },
      { keyStart: 8, keyEnd: 9, valueStart: -1, valueEnd: -1 },
    ])
  })

  test('what was encoded is read again, also with long keys and values', () => {
    const value = fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes))
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ maxLength: 200 }), value), { maxLength: 200 }), pairs => {
        const wanted = new Map(pairs)
        const bytes = encodeHeaders(Object.fromEntries(wanted))
        const found = readHeaders(bytes, 0, bytes.length) ?? []
        expect(
          new Map(
            found.map(range => [
              bytes.toString('utf8', range.keyStart, range.keyEnd),
              Buffer.from(bytes.subarray(range.valueStart, range.valueEnd)),
            ]),
          ),
        ).toEqual(new Map([...wanted].map(([key, bytes]) => [Buffer.from(key).toString(), bytes])))
      }),
      { numRuns: 200 },
    )
  })

  test('cut off anywhere, or with a byte too many, they are refused', () => {
    const bytes = encodeHeaders({ one: 'value', two: ['a', 'b'] })
    for (let end = 0; end < bytes.length; end++) expect(readHeaders(bytes, 0, end)).toBeUndefined()
    expect(readHeaders(Buffer.concat([bytes, Buffer.from([0])]), 0, bytes.length + 1)).toBeUndefined()
  })

  test('no bytes make it throw or run long', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), bytes => {
        readHeaders(bytes, 0, bytes.length)
      }),
    )
    expect(readHeaders(Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), 0, 6)).toBeUndefined()
  })
})
