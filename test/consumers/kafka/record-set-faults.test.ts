import { beforeAll, describe, expect, test } from 'vitest'
import {
  compressAs,
  encodeBatch,
  encodeBatchOf,
  encodeRecord,
  initCodecs,
  plainOf,
  simpleBatch,
  TEST_CODECS,
  varint,
  withCrc,
} from './encode.ts'
import { read } from './read-set.ts'

beforeAll(initCodecs)

describe('what cannot be read is named', () => {
  const good = simpleBatch(0, 2)
  const readBad = (bad: Buffer, capacity?: number) => read(Buffer.concat([encodeBatch(good), bad]), { capacity })
  const record = (offsetDelta: number) =>
    encodeRecord({ offsetDelta, timestampDelta: 0, key: null, value: Buffer.from('v'), headers: [] })
  const batchOf = (count: number, lastOffsetDelta: number, ...parts: readonly Buffer[]) =>
    encodeBatchOf({ baseOffset: 2, lastOffsetDelta }, count, Buffer.concat(parts))

  test.each([0, 1])('record format v%i', magic => {
    const bytes = encodeBatch(simpleBatch(2, 1))
    bytes.writeInt8(magic, 16)
    expect(readBad(bytes).headerFault).toMatchObject({
      offset: 2,
      reason: expect.stringMatching(/format v[01], from before Kafka 0.11/),
    })
  })

  test('a codec from the future', () => {
    const bytes = encodeBatch(simpleBatch(2, 1))
    bytes.writeInt16BE(5, 21)
    expect(readBad(withCrc(bytes)).headerFault?.reason).toMatch(/codec 5, which is unknown/)
  })

  test.each([
    ['a length smaller than the header', (bytes: Buffer) => bytes.writeInt32BE(20, 8), /length of 20 bytes/],
    ['a negative length', (bytes: Buffer) => bytes.writeInt32BE(-1, 8), /length of -1 bytes/],
    ['more records than offsets', (bytes: Buffer) => bytes.writeInt32BE(9, 57), /claims 9 records between offsets 2 and 3/],
    ['a negative count', (bytes: Buffer) => bytes.writeInt32BE(-2, 57), /claims -2 records/],
    ['an end before its begin', (bytes: Buffer) => bytes.writeInt32BE(-4, 23), /ends at offset -2/],
    ['an offset that a double cannot hold', (bytes: Buffer) => bytes.writeInt32BE(0x7fffffff, 0), /claims the offset/],
  ])('%s', (_name, damage, reason) => {
    const bytes = encodeBatch(simpleBatch(2, 2))
    damage(bytes)
    expect(readBad(withCrc(bytes)).headerFault).toMatchObject({ offset: 2, reason: expect.stringMatching(reason) })
  })

  test('batches out of order', () => {
    const { headerFault, records } = readBad(encodeBatch(simpleBatch(1, 3)))
    expect(headerFault?.reason).toMatch(/begins at offset 1, before 2/)
    expect(records).toHaveLength(2)
  })

  test.each([
    ['records out of order', batchOf(2, 5, record(3), record(3)), /an offset of a record in the batch at offset 2/],
    ['an offset beyond the batch', batchOf(1, 0, record(1)), /an offset of a record/],
    ['bytes after the last record', batchOf(1, 0, record(0), Buffer.from([0])), /1 bytes follow the last record/],
    ['fewer records than claimed', batchOf(2, 1, record(0)), /a length of a record/],
    ['a varint without an end', batchOf(1, 0, Buffer.alloc(30, 0xff)), /a length of a record/],
    [
      'a key beyond the record',
      batchOf(1, 0, varint(5), Buffer.from([0, 0, 0]), varint(100), Buffer.from([1])),
      /a key of a record/,
    ],
  ])('%s', (_name, bytes, reason) => {
    const { records, fault, expectedNext, nextOffset } = readBad(bytes)
    expect(fault).toMatchObject({ offset: 2, reason: expect.stringMatching(reason) })
    expect(records).toEqual(plainOf(good))
    expect(expectedNext).toBeGreaterThan(2)
    expect(nextOffset).toBe(2)
  })

  test('a batch that goes wrong after a block of it was handed over: the rest is not', () => {
    const bytes = batchOf(5, 4, record(0), record(1), record(2), record(3), record(3))
    expect(readBad(bytes, 2)).toMatchObject({ records: { length: 6 }, nextOffset: 6, fault: { offset: 6 } })
    expect(readBad(bytes, 4)).toMatchObject({ records: { length: 4 }, nextOffset: 4, fault: { offset: 4 } })
  })

  test('compressed data that is none, batch by batch', () => {
    for (const codec of TEST_CODECS) {
      if (codec === 'none') continue
      const bytes = encodeBatchOf({ baseOffset: 2, lastOffsetDelta: 0, codec }, 1, Buffer.from('this is not compressed'))
      const name = codec === 'snappy-xerial' ? 'snappy' : codec
      expect(readBad(bytes).fault).toMatchObject({
        offset: 2,
        reason: expect.stringMatching(`the ${name} data of the batch at offset 2`),
      })
    }
  })

  test('compressed data that was cut', () => {
    const records = Buffer.concat(Array.from({ length: 50 }, (_, i) => record(i)))
    for (const codec of TEST_CODECS) {
      if (codec === 'none') continue
      const compressed = compressAs(codec, records)
      for (let cut = 0; cut < compressed.length; cut += 3) {
        const bytes = encodeBatchOf({ baseOffset: 2, lastOffsetDelta: 49, codec }, 50, compressed.subarray(0, cut))
        const { fault, records: kept } = readBad(bytes)
        // A checksum at the end of a frame may be missing: then all records are there.
        if (fault === undefined) expect(kept).toHaveLength(52)
        else expect(kept).toEqual(plainOf(good))
      }
    }
  })
})
