import { createRequire } from 'node:module'
import { beforeAll, describe, expect, test } from 'vitest'
import { readRecordSet } from '../../../src/consumers/kafka/record-set.ts'
import { createRecordBlock } from '../../../src/consumers/record-block.ts'
import { encodeBatch, endOfTransaction, initCodecs, plainOf, simpleBatch, TEST_CODECS, type TestBatch } from './encode.ts'
import { encodeAll, read } from './read-set.ts'

beforeAll(initCodecs)

describe('a record set', () => {
  test('uncompressed batches share a block, whose bytes are the answer itself', () => {
    const batches = [simpleBatch(0, 3), simpleBatch(3, 2)]
    const { records, blocks, nextOffset } = read(encodeAll(batches))
    expect(records).toEqual(batches.flatMap(plainOf))
    expect(blocks).toBe(1)
    expect(nextOffset).toBe(5)
  })

  test.each(TEST_CODECS.filter(codec => codec !== 'none'))('a batch compressed with %s has a block of its own', codec => {
    const batches = [simpleBatch(0, 3), simpleBatch(3, 50, { codec }), simpleBatch(53, 2)]
    const { records, blocks, fault } = read(encodeAll(batches))
    expect(fault).toBeUndefined()
    expect(records).toEqual(batches.flatMap(plainOf))
    expect(blocks).toBe(3)
  })

  test('a batch larger than a block takes several, and the fingerprint keeps step', () => {
    const batches = [simpleBatch(0, 2), simpleBatch(2, 10)]
    const bytes = encodeAll(batches)
    const set = readRecordSet(
      { bytes, start: 0, end: bytes.length, askedOffset: 0, aborted: [] },
      () => createRecordBlock(4),
      () => {},
    )
    const seen: unknown[] = [set.fingerprint()?.baseOffset]
    for (const block of set.blocks) seen.push([block.count, set.fingerprint()?.baseOffset])
    expect(seen).toEqual([undefined, [4, 2n], [4, 2n], [4, 2n]])
    expect(set.fingerprint()?.baseOffset).toBe(2n)
  })

  test('records of every shape: null and empty keys and values, headers, negative times, gaps of a compacted log', () => {
    const batch: TestBatch = {
      baseOffset: 2 ** 40,
      lastOffsetDelta: 100_000,
      baseTimestampMs: 1_700_000_000_000,
      records: [
        { offsetDelta: 0, timestampDelta: -5, key: null, value: null, headers: [] },
        { offsetDelta: 63, timestampDelta: 2 ** 33, key: Buffer.alloc(0), value: Buffer.alloc(0), headers: [['', null]] },
        {
          offsetDelta: 64,
          timestampDelta: -(2 ** 36),
          key: Buffer.alloc(64, 1),
          value: Buffer.alloc(20_000, 2),
          headers: [['h', Buffer.alloc(200)]],
        },
        { offsetDelta: 99_999, timestampDelta: 0, key: Buffer.from('k'), value: null, headers: [] },
      ],
    }
    const { records, nextOffset } = read(encodeBatch(batch))
    expect(records).toEqual(plainOf(batch))
    expect(nextOffset).toBe(2 ** 40 + 100_001)
  })

  test('with append time every record has the batch’s', () => {
    const batch = simpleBatch(0, 3, { appendTimeMs: 1_234_567 })
    expect(read(encodeBatch(batch)).records.map(record => record.timestampMs)).toEqual([1_234_567, 1_234_567, 1_234_567])
  })

  test('a batch that ends below the asked offset is stepped over', () => {
    const batches = [simpleBatch(0, 3), simpleBatch(3, 3)]
    expect(read(encodeAll(batches), { asked: 3 })).toMatchObject({ records: { length: 3 }, nextOffset: 6 })
    expect(read(encodeAll(batches.slice(0, 1)), { asked: 5 })).toMatchObject({ records: [], nextOffset: 5, crc: undefined })
  })

  test('a batch that compaction emptied moves the offset on', () => {
    expect(read(encodeBatch({ baseOffset: 5, lastOffsetDelta: 9, records: [] }), { asked: 5 })).toMatchObject({
      records: [],
      nextOffset: 15,
    })
  })

  test('the last batch is left for the next fetch when it was cut off', () => {
    const bytes = encodeAll([simpleBatch(0, 3), simpleBatch(3, 3)])
    for (let cut = encodeBatch(simpleBatch(0, 3)).length; cut < bytes.length; cut++) {
      expect(read(bytes.subarray(0, cut))).toMatchObject({ records: { length: 3 }, nextOffset: 3, headerFault: undefined })
    }
  })

  test('kafkajs’s encoder is understood', async () => {
    const require = createRequire(import.meta.url)
    const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0')
    const Record = require('kafkajs/src/protocol/recordBatch/record/v0')
    const batch = await RecordBatch({
      firstTimestamp: 1_700_000_000_000,
      maxTimestamp: 1_700_000_000_009,
      lastOffsetDelta: 1,
      records: [
        Record({ offsetDelta: 0, timestampDelta: 0, key: Buffer.from('a'), value: Buffer.from('one'), headers: { h: 'x' } }),
        Record({ offsetDelta: 1, timestampDelta: 9, key: null, value: null, headers: {} }),
      ],
    })
    expect(read(batch.buffer).records).toEqual([
      { offset: 0, timestampMs: 1_700_000_000_000, key: 'a', value: 'one', headers: '020268' + '0278' },
      { offset: 1, timestampMs: 1_700_000_000_009, key: null, value: null, headers: '00' },
    ])
  })
})

describe('transactions', () => {
  const inTransaction = (baseOffset: number, count: number, producerId: bigint): TestBatch =>
    simpleBatch(baseOffset, count, { producerId, isTransactional: true })

  test('an aborted one is stepped over and counted, its neighbours are data', () => {
    //  0..1 plain | 2..3 by 7, aborted | 4 by 8, committed | 5 abort 7 | 6 commit 8 | 7 by 7, committed | 8 commit 7
    const batches = [
      simpleBatch(0, 2),
      inTransaction(2, 2, 7n),
      inTransaction(4, 1, 8n),
      endOfTransaction(5, 7n, 'abort'),
      endOfTransaction(6, 8n, 'commit'),
      inTransaction(7, 1, 7n),
      endOfTransaction(8, 7n, 'commit'),
    ]
    const { records, nextOffset, steppedOver } = read(encodeAll(batches), { aborted: [{ producerId: 7n, firstOffset: 2 }] })
    expect(records.map(record => record.offset)).toEqual([0, 1, 4, 7])
    expect(nextOffset).toBe(9)
    expect(steppedOver).toBe(5)
  })

  test('a fetch that begins within an aborted one knows it is', () => {
    const batches = [inTransaction(2, 4, 7n), endOfTransaction(6, 7n, 'abort'), simpleBatch(7, 1)]
    const { records, steppedOver } = read(encodeAll(batches), { asked: 4, aborted: [{ producerId: 7n, firstOffset: 2 }] })
    expect(records.map(record => record.offset)).toEqual([7])
    expect(steppedOver).toBe(3)
  })

  test('records of the same producer outside of a transaction are data', () => {
    const batches = [inTransaction(0, 1, 7n), simpleBatch(1, 1, { producerId: 7n }), endOfTransaction(2, 7n, 'abort')]
    const { records } = read(encodeAll(batches), { aborted: [{ producerId: 7n, firstOffset: 0 }] })
    expect(records.map(record => record.offset)).toEqual([1])
  })
})
