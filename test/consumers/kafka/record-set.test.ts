import { createRequire } from 'node:module'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { AbortedTransaction } from '../../../src/consumers/kafka/aborted.ts'
import type { Fault } from '../../../src/consumers/kafka/batch-header.ts'
import { readRecordSet } from '../../../src/consumers/kafka/record-set.ts'
import { createRecordBlock, type RecordBlock } from '../../../src/consumers/record-block.ts'
import { type PlainRecord, plainRecords } from '../support.ts'
import {
  compressAs,
  encodeBatch,
  encodeBatchOf,
  encodeRecord,
  endOfTransaction,
  HEADER_BYTES,
  initCodecs,
  plainOf,
  simpleBatch,
  TEST_CODECS,
  type TestBatch,
  type TestCodec,
  varint,
  withCrc,
} from './encode.ts'

type Read = Readonly<{
  records: readonly PlainRecord[]
  blocks: number
  expectedNext: number
  nextOffset: number
  steppedOver: number
  crc: number | undefined
  headerFault: Fault | undefined
  fault: Fault | undefined
}>

/** Reads a whole set, and checks what must hold of every block. */
const read = (
  bytes: Buffer,
  {
    asked = 0,
    aborted = [],
    capacity = 4096,
  }: Readonly<{ asked?: number; aborted?: readonly AbortedTransaction[]; capacity?: number }> = {},
): Read => {
  let fault: Fault | undefined
  // The set lies in the middle of a larger answer.
  const answer = Buffer.concat([Buffer.alloc(13, 0xee), bytes, Buffer.alloc(5, 0xee)])
  const set = readRecordSet(
    { bytes: answer, start: 13, end: 13 + bytes.length, askedOffset: asked, aborted },
    () => createRecordBlock(capacity),
    found => {
      fault = found
    },
  )
  const expectedNext = set.nextOffset()
  const records: PlainRecord[] = []
  let blocks = 0
  for (const block of set.blocks) {
    checkBlock(block, capacity)
    records.push(...plainRecords(block))
    blocks++
  }
  for (let i = 1; i < records.length; i++) expect(records[i].offset).toBeGreaterThan(records[i - 1].offset)
  return {
    records,
    blocks,
    expectedNext,
    nextOffset: set.nextOffset(),
    steppedOver: set.steppedOver(),
    crc: set.fingerprint()?.crc,
    headerFault: set.headerFault,
    fault,
  }
}

const checkBlock = (block: RecordBlock, capacity: number): void => {
  expect(block.count).toBeGreaterThan(0)
  expect(block.count).toBeLessThanOrEqual(capacity)
  expect(block.view.byteLength).toBe(block.bytes.length)
  const inside = (start: number, end: number) => start >= 0 && start <= end && end <= block.bytes.length
  for (let i = 0; i < block.count; i++) {
    expect(block.keyStarts[i] === -1 || inside(block.keyStarts[i], block.keyEnds[i])).toBe(true)
    expect(block.valueStarts[i] === -1 || inside(block.valueStarts[i], block.valueEnds[i])).toBe(true)
    expect(inside(block.headerStarts[i], block.headerEnds[i])).toBe(true)
  }
}

const encodeAll = (batches: readonly TestBatch[]): Buffer => Buffer.concat(batches.map(encodeBatch))

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
    const { records, blocks } = read(encodeAll(batches))
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

/** A random log: batches in order, transactions that interleave, all of them ended. */
const anyLog = fc
  .array(
    fc.record({
      act: fc.constantFrom('plain', 'plain', 'begin-or-go-on', 'abort', 'commit'),
      producer: fc.integer({ min: 1, max: 3 }),
      codec: fc.constantFrom<TestCodec>(...TEST_CODECS),
      appendTimeMs: fc.option(fc.integer({ min: 0, max: 2 ** 40 }), { nil: undefined, freq: 4 }),
      gapAfter: fc.integer({ min: 0, max: 3 }),
      records: fc.array(
        fc.record({
          gap: fc.constantFrom(0, 0, 0, 1, 70),
          timestampDelta: fc.constantFrom(0, 1, -1, 63, 64, 100_000, -(2 ** 35)),
          key: fc.option(fc.uint8Array({ maxLength: 80 }).map(bytes => Buffer.from(bytes))),
          value: fc.option(fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes))),
          headers: fc.array(fc.tuple(fc.string({ maxLength: 5 }), fc.option(fc.constant(Buffer.from('v')))), { maxLength: 2 }),
        }),
        { maxLength: 6 },
      ),
    }),
    { maxLength: 12 },
  )
  .map(steps => {
    const batches: TestBatch[] = []
    const aborted: (AbortedTransaction & { markerOffset: number })[] = []
    const data = new Set<TestBatch>()
    const open = new Map<bigint, { firstOffset: number; batches: TestBatch[] }>()
    let next = 0
    const add = (batch: TestBatch): TestBatch => {
      batches.push(batch)
      next = batch.baseOffset + batch.lastOffsetDelta + 1
      return batch
    }
    const end = (producerId: bigint, how: 'abort' | 'commit') => {
      const transaction = open.get(producerId)
      if (transaction === undefined) return
      open.delete(producerId)
      if (how === 'abort') aborted.push({ producerId, firstOffset: transaction.firstOffset, markerOffset: next })
      else for (const batch of transaction.batches) data.add(batch)
      add(endOfTransaction(next, producerId, how))
    }
    for (const { act, producer, codec, appendTimeMs, gapAfter, records } of steps) {
      const producerId = BigInt(producer)
      if (act === 'abort' || act === 'commit') {
        end(producerId, act)
        continue
      }
      let delta = -1
      const placed = records.map(({ gap, ...record }) => {
        delta += 1 + gap
        return { ...record, offsetDelta: delta }
      })
      const isTransactional = act === 'begin-or-go-on'
      const lastOffsetDelta = Math.max(0, delta + gapAfter)
      const batch = add({
        baseOffset: next,
        lastOffsetDelta,
        records: placed,
        codec,
        appendTimeMs,
        baseTimestampMs: 1000,
        producerId,
        isTransactional,
      })
      if (!isTransactional) data.add(batch)
      else {
        const transaction = open.get(producerId) ?? { firstOffset: batch.baseOffset, batches: [] }
        transaction.batches.push(batch)
        open.set(producerId, transaction)
      }
    }
    for (const producerId of [...open.keys()]) end(producerId, 'abort')
    return { batches, aborted, data, end: next }
  })

describe('laws', () => {
  test('whatever the batches, codecs, transactions, asked offset, cut and block size: exactly the committed records', () => {
    fc.assert(
      fc.property(anyLog, fc.nat(), fc.nat(), fc.integer({ min: 1, max: 9 }), (log, askedSeed, cutSeed, capacity) => {
        const asked = askedSeed % (log.end + 1)
        const sent = log.batches.filter(batch => batch.baseOffset + batch.lastOffsetDelta >= asked)
        const encoded = sent.map(encodeBatch)
        const first = encoded[0]?.length ?? 0
        const total = encoded.reduce((sum, bytes) => sum + bytes.length, 0)
        const cut = first + (cutSeed % (total - first + 1))
        let size = 0
        const whole = sent.filter((_, i) => {
          size += encoded[i].length
          return size <= cut
        })
        const last = whole.at(-1)
        // As brokers choose them: those that overlap with what was fetched.
        const end = last === undefined ? asked : last.baseOffset + last.lastOffsetDelta + 1
        const overlapping = log.aborted.filter(({ firstOffset, markerOffset }) => markerOffset >= asked && firstOffset < end)

        const result = read(Buffer.concat(encoded).subarray(0, cut), { asked, aborted: overlapping, capacity })
        expect(result.fault).toBeUndefined()
        expect(result.headerFault).toBeUndefined()
        expect(result.records).toEqual(
          whole
            .filter(batch => log.data.has(batch))
            .flatMap(plainOf)
            .filter(record => record.offset >= asked),
        )
        expect(result.nextOffset).toBe(end)
        expect(result.expectedNext).toBe(result.nextOffset)
        expect(result.crc).toBe(last === undefined ? undefined : encodeBatch(last).readUInt32BE(17))
      }),
      { numRuns: 400 },
    )
  })

  test('a flipped bit anywhere that the CRC covers, or in it, is found: the batches before it are good', () => {
    const batches = [simpleBatch(0, 3), simpleBatch(3, 5, { codec: 'gzip' }), simpleBatch(8, 2)]
    const encoded = encodeAll(batches)
    const before = encodeAll(batches.slice(0, 1)).length
    const damagedLength = encodeBatch(batches[1]).length
    fc.assert(
      fc.property(fc.integer({ min: 17, max: damagedLength - 1 }), fc.integer({ min: 0, max: 7 }), (at, bit) => {
        const bytes = Buffer.from(encoded)
        bytes[before + at] ^= 1 << bit
        const { records, headerFault, nextOffset } = read(bytes)
        expect(records).toEqual(plainOf(batches[0]))
        expect(nextOffset).toBe(3)
        expect(headerFault).toMatchObject({ offset: 3, reason: expect.stringContaining('CRC') })
      }),
    )
  })

  test('bytes cut off anywhere never crash: whole batches, or a fault when there is none', () => {
    const batches = [simpleBatch(0, 3, { codec: 'lz4' }), simpleBatch(3, 3), simpleBatch(6, 3, { codec: 'zstd' })]
    const bytes = encodeAll(batches)
    const ends = batches.map((_, i) => encodeAll(batches.slice(0, i + 1)).length)
    for (let cut = 0; cut <= bytes.length; cut++) {
      const whole = ends.filter(end => end <= cut).length
      const { records, headerFault } = read(bytes.subarray(0, cut))
      expect(records).toEqual(batches.slice(0, whole).flatMap(plainOf))
      expect(headerFault === undefined).toBe(whole > 0 || cut === 0)
    }
  })

  test('no bytes make it throw, and none give a range outside of the buffer', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), bytes => void read(Buffer.from(bytes))))
  })

  test('damage under a good CRC (a producer’s bug) is a fault, or records inside the buffer; never a crash', () => {
    const source = simpleBatch(0, 6)
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.integer({ min: 1, max: 5 }), (at, byte, capacity) => {
        const bytes = encodeBatch(source)
        bytes[HEADER_BYTES + (at % (bytes.length - HEADER_BYTES))] = byte
        const { records, fault, nextOffset } = read(withCrc(bytes), { capacity })
        expect(records.length).toBeLessThanOrEqual(6)
        if (fault === undefined) expect([records.length, nextOffset]).toEqual([6, 6])
        else {
          expect(nextOffset).toBe(fault.offset)
          expect(nextOffset).toBeGreaterThan(records.at(-1)?.offset ?? -1)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

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
