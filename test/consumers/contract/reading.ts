import { describe, expect, test } from 'vitest'
import { markerHeaders, readMarker } from '../../../src/consumers/marker.ts'
import { expectRecords, plainRecords, readRange, recordsOf } from '../support.ts'
import { type Bench, FETCH_MAX_BYTES, numbered } from './bench.ts'

/** What readers promise. */
export const readingContract = ({ under, newTopic, append }: Bench): void => {
  describe('reading', () => {
    test('records come back as they were appended: key, value, headers, time, in offset order', async () => {
      const topic = await newTopic()
      await append(topic, [
        { key: 'a', value: Buffer.from('one'), timestampMs: 1700000000000 },
        { key: null, value: Buffer.from([0, 255, 128]), timestampMs: 1700000000001 },
        { key: Buffer.from([7]), value: null, timestampMs: 1600000000000 },
        { key: '', value: Buffer.alloc(0), headers: { h: 'x', twice: ['1', Buffer.from([2])] }, timestampMs: 1700000000002 },
      ])
      const reader = await under().log.reader({ topic, partition: 0 })
      expect(await readRange(reader, 0, 4)).toEqual([
        { offset: 0, timestampMs: 1700000000000, key: 'a', value: 'one', headers: '00' },
        { offset: 1, timestampMs: 1700000000001, key: null, value: '\x00\xff\x80', headers: '00' },
        { offset: 2, timestampMs: 1600000000000, key: '\x07', value: null, headers: '00' },
        {
          offset: 3,
          timestampMs: 1700000000002,
          key: '',
          value: '',
          headers: '0602680278' + '0a74776963650231' + '0a74776963650202',
        },
      ])
      await reader.close()
    })

    test('a fetch in the middle begins there, though the batch began earlier', async () => {
      const topic = await newTopic()
      await append(topic, numbered(10))
      const reader = await under().log.reader({ topic, partition: 0 })
      const fetched = expectRecords(await reader.fetch(7))
      expect(fetched.nextOffset()).toBe(10)
      expect(recordsOf(fetched).map(record => record.value)).toEqual(['value 7', 'value 8', 'value 9'])
      expect(fetched).toMatchObject({ highWatermark: 10, lastStableOffset: 10 })
      expect(fetched.steppedOver()).toBe(0)
      await reader.close()
    })

    test('fetches are bounded, and chained by nextOffset they give every record once', async () => {
      const topic = await newTopic()
      const value = Buffer.alloc(500, 'v')
      for (let part = 0; part < 6; part++)
        await append(
          topic,
          Array.from({ length: 20 }, () => ({ key: 'k', value })),
        )
      const reader = await under().log.reader({ topic, partition: 0 })
      const first = expectRecords(await reader.fetch(0))
      expect(first.nextOffset()).toBeLessThan(60)
      const records = await readRange(reader, 0, 120)
      expect(records.map(record => record.offset)).toEqual(Array.from({ length: 120 }, (_, i) => i))
      await reader.close()
    })

    test('a record larger than a fetch is handed over all the same', async () => {
      const topic = await newTopic()
      await append(topic, [{ key: 'k', value: Buffer.alloc(5 * FETCH_MAX_BYTES, 'x') }, ...numbered(1)])
      const reader = await under().log.reader({ topic, partition: 0 })
      const records = await readRange(reader, 0, 2)
      expect(records.map(record => record.value?.length)).toEqual([5 * FETCH_MAX_BYTES, 7])
      await reader.close()
    })

    test('the next fetch may be under way while a block is folded, which stays as it was', async () => {
      const topic = await newTopic()
      for (let part = 0; part < 4; part++) await append(topic, numbered(10, part * 10))
      const reader = await under().log.reader({ topic, partition: 0 })
      const values: (string | null)[] = []
      let offset = 0
      let ahead = reader.fetch(offset)
      while (offset < 40) {
        const fetched = expectRecords(await ahead)
        const expected = fetched.nextOffset()
        if (expected < 40) ahead = reader.fetch(expected)
        for (const block of fetched.blocks) {
          if (expected < 40) await ahead
          values.push(...plainRecords(block).map(record => record.value))
        }
        expect(fetched.nextOffset()).toBe(expected)
        offset = expected
      }
      expect(values).toEqual(Array.from({ length: 40 }, (_, i) => `value ${i}`))
      await reader.close()
    })

    test('a fetch at the end waits for the next record', async () => {
      const topic = await newTopic()
      await append(topic, numbered(1))
      const reader = await under().log.reader({ topic, partition: 0 })
      const reading = readRange(reader, 1, 2)
      await append(topic, numbered(1, 1))
      expect((await reading).map(record => record.value)).toEqual(['value 1'])
      await reader.close()
    })

    test('an offset outside the log is answered with the range, never with a jump', async () => {
      const topic = await newTopic()
      await append(topic, numbered(10))
      await under().deleteRecords({ topic, partition: 0 }, 4)
      const reader = await under().log.reader({ topic, partition: 0 })
      expect(await reader.fetch(3)).toEqual({ kind: 'out-of-range', lowOffset: 4, highOffset: 10 })
      expect(await reader.fetch(11)).toEqual({ kind: 'out-of-range', lowOffset: 4, highOffset: 10 })
      expect((await readRange(reader, 4, 10)).map(record => record.offset)).toEqual([4, 5, 6, 7, 8, 9])
      expect(await reader.range()).toEqual({ lowOffset: 4, highOffset: 10, lastStableOffset: 10 })
      await reader.close()
    })

    test('an offset can be found by time', async () => {
      const topic = await newTopic()
      await append(topic, numbered(10))
      const reader = await under().log.reader({ topic, partition: 0 })
      expect(await reader.offsetAt(0)).toBe(0)
      expect(await reader.offsetAt(1004)).toBe(4)
      expect(await reader.offsetAt(1010)).toBe(10)
      await reader.close()
    })

    test('a closed reader answers, also a fetch that waits', async () => {
      const topic = await newTopic()
      const reader = await under().log.reader({ topic, partition: 0 })
      const waiting = reader.fetch(0)
      await reader.close()
      expect(await waiting).toMatchObject({ kind: 'unavailable' })
      expect(await reader.fetch(0)).toMatchObject({ kind: 'unavailable' })
    })

    test('with append time, a record has the log’s time, not the producer’s', async () => {
      const topic = await newTopic(1, { 'message.timestamp.type': 'LogAppendTime' })
      await append(topic, numbered(2))
      const reader = await under().log.reader({ topic, partition: 0 })
      for (const record of await readRange(reader, 0, 2)) expect(record.timestampMs).toBeGreaterThan(1_600_000_000_000)
      await reader.close()
    })

    test('a watermark marker is told from a tombstone', async () => {
      const topic = await newTopic()
      await append(topic, [
        { key: null, value: null, headers: markerHeaders(1700000000000) },
        { key: 'k', value: null },
      ])
      const reader = await under().log.reader({ topic, partition: 0 })
      const marks: (number | undefined)[] = []
      for (let offset = 0; offset < 2; ) {
        const fetched = expectRecords(await reader.fetch(offset))
        for (const block of fetched.blocks) for (let i = 0; i < block.count; i++) marks.push(readMarker(block, i))
        offset = fetched.nextOffset()
      }
      expect(marks).toEqual([1700000000000, undefined])
      await reader.close()
    })
  })
}
