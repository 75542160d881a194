import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { AbortedTransaction } from '../../../src/consumers/kafka/aborted.ts'
import {
  encodeBatch,
  endOfTransaction,
  HEADER_BYTES,
  initCodecs,
  plainOf,
  simpleBatch,
  TEST_CODECS,
  type TestBatch,
  type TestCodec,
  withCrc,
} from './encode.ts'
import { encodeAll, read } from './read-set.ts'

beforeAll(initCodecs)

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
