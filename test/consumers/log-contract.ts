import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Log, Membership, OutgoingRecord, TopicPartition } from '../../src/consumers/log.ts'
import { markerHeaders, readMarker } from '../../src/consumers/marker.ts'
import { partitionOfKey } from '../../src/consumers/murmur2.ts'
import { expectRecords, plainRecords, readRange, recordsOf, watched } from './support.ts'

/** A log under test, and what the port does not offer. */
export type LogUnderTest = Readonly<{
  log: Log
  /** Another process on the same topics. */
  other: Log
  /** A prefix for this run's topics and groups. */
  prefix: string
  deleteRecords(at: TopicPartition, beforeOffset: number): Promise<void>
  close(): Promise<void>
}>

/** Small, so that a few hundred records take several fetches. */
export const FETCH_MAX_BYTES = 16 * 1024

/** What every log promises, the real one and the twin. */
export const logContract = (name: string, open: () => Promise<LogUnderTest>): void => {
  describe(name, () => {
    let under: LogUnderTest
    let names = 0
    beforeAll(async () => {
      under = await open()
    })
    afterAll(() => under.close())

    const newTopic = async (partitions = 1, config: Readonly<Record<string, string>> = {}): Promise<string> => {
      const topic = `${under.prefix}-${names++}`
      expect(await under.log.ensureTopics([{ name: topic, partitions, replicationFactor: 1, config }], { create: true })).toEqual(
        [],
      )
      return topic
    }
    const append = async (topic: string, records: readonly OutgoingRecord[]): Promise<void> => {
      const writer = await under.log.writer()
      await writer.append(topic, records)
      await writer.close()
    }
    const numbered = (count: number, from = 0): readonly OutgoingRecord[] =>
      Array.from({ length: count }, (_, i) => ({
        key: `k${from + i}`,
        value: Buffer.from(`value ${from + i}`),
        timestampMs: 1000 + from + i,
      }))

    describe('reading', () => {
      test('records come back as they were appended: key, value, headers, time, in offset order', async () => {
        const topic = await newTopic()
        await append(topic, [
          { key: 'a', value: Buffer.from('one'), timestampMs: 1700000000000 },
          { key: null, value: Buffer.from([0, 255, 128]), timestampMs: 1700000000001 },
          { key: Buffer.from([7]), value: null, timestampMs: 1600000000000 },
          { key: '', value: Buffer.alloc(0), headers: { h: 'x', twice: ['1', Buffer.from([2])] }, timestampMs: 1700000000002 },
        ])
        const reader = await under.log.reader({ topic, partition: 0 })
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
        const reader = await under.log.reader({ topic, partition: 0 })
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
        const reader = await under.log.reader({ topic, partition: 0 })
        const first = expectRecords(await reader.fetch(0))
        expect(first.nextOffset()).toBeLessThan(60)
        const records = await readRange(reader, 0, 120)
        expect(records.map(record => record.offset)).toEqual(Array.from({ length: 120 }, (_, i) => i))
        await reader.close()
      })

      test('a record larger than a fetch is handed over all the same', async () => {
        const topic = await newTopic()
        await append(topic, [{ key: 'k', value: Buffer.alloc(5 * FETCH_MAX_BYTES, 'x') }, ...numbered(1)])
        const reader = await under.log.reader({ topic, partition: 0 })
        const records = await readRange(reader, 0, 2)
        expect(records.map(record => record.value?.length)).toEqual([5 * FETCH_MAX_BYTES, 7])
        await reader.close()
      })

      test('the next fetch may be under way while a block is folded, which stays as it was', async () => {
        const topic = await newTopic()
        for (let part = 0; part < 4; part++) await append(topic, numbered(10, part * 10))
        const reader = await under.log.reader({ topic, partition: 0 })
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
        const reader = await under.log.reader({ topic, partition: 0 })
        const reading = readRange(reader, 1, 2)
        await append(topic, numbered(1, 1))
        expect((await reading).map(record => record.value)).toEqual(['value 1'])
        await reader.close()
      })

      test('an offset outside the log is answered with the range, never with a jump', async () => {
        const topic = await newTopic()
        await append(topic, numbered(10))
        await under.deleteRecords({ topic, partition: 0 }, 4)
        const reader = await under.log.reader({ topic, partition: 0 })
        expect(await reader.fetch(3)).toEqual({ kind: 'out-of-range', lowOffset: 4, highOffset: 10 })
        expect(await reader.fetch(11)).toEqual({ kind: 'out-of-range', lowOffset: 4, highOffset: 10 })
        expect((await readRange(reader, 4, 10)).map(record => record.offset)).toEqual([4, 5, 6, 7, 8, 9])
        expect(await reader.range()).toEqual({ lowOffset: 4, highOffset: 10, lastStableOffset: 10 })
        await reader.close()
      })

      test('an offset can be found by time', async () => {
        const topic = await newTopic()
        await append(topic, numbered(10))
        const reader = await under.log.reader({ topic, partition: 0 })
        expect(await reader.offsetAt(0)).toBe(0)
        expect(await reader.offsetAt(1004)).toBe(4)
        expect(await reader.offsetAt(1010)).toBe(10)
        await reader.close()
      })

      test('a closed reader answers, also a fetch that waits', async () => {
        const topic = await newTopic()
        const reader = await under.log.reader({ topic, partition: 0 })
        const waiting = reader.fetch(0)
        await reader.close()
        expect(await waiting).toMatchObject({ kind: 'unavailable' })
        expect(await reader.fetch(0)).toMatchObject({ kind: 'unavailable' })
      })

      test('with append time, a record has the log’s time, not the producer’s', async () => {
        const topic = await newTopic(1, { 'message.timestamp.type': 'LogAppendTime' })
        await append(topic, numbered(2))
        const reader = await under.log.reader({ topic, partition: 0 })
        for (const record of await readRange(reader, 0, 2)) expect(record.timestampMs).toBeGreaterThan(1_600_000_000_000)
        await reader.close()
      })

      test('a watermark marker is told from a tombstone', async () => {
        const topic = await newTopic()
        await append(topic, [
          { key: null, value: null, headers: markerHeaders(1700000000000) },
          { key: 'k', value: null },
        ])
        const reader = await under.log.reader({ topic, partition: 0 })
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

    describe('the fingerprint', () => {
      test('of the last batch read is found again by its offset, and goes with the log', async () => {
        const topic = await newTopic()
        await append(topic, numbered(5))
        await append(topic, numbered(5, 5))
        const reader = await under.log.reader({ topic, partition: 0 })
        const fetched = expectRecords(await reader.fetch(0))
        recordsOf(fetched)
        const fingerprint = fetched.fingerprint()
        if (fingerprint === undefined) throw new Error('a batch was read')
        expect(fetched.nextOffset()).toBe(10)
        expect(await reader.fingerprintAt(9)).toEqual(fingerprint)
        expect(await reader.fingerprintAt(Number(fingerprint.baseOffset))).toEqual(fingerprint)
        expect(await reader.fingerprintAt(0)).not.toEqual(fingerprint)
        expect(await reader.fingerprintAt(10)).toBeUndefined()
        await under.deleteRecords({ topic, partition: 0 }, 10)
        expect(await reader.fingerprintAt(9)).toBeUndefined()
        await reader.close()
      })

      test('of another log at the same offset is another', async () => {
        const [one, two] = [await newTopic(), await newTopic()]
        await append(one, numbered(3))
        await append(two, numbered(3, 100))
        const readers = [
          await under.log.reader({ topic: one, partition: 0 }),
          await under.log.reader({ topic: two, partition: 0 }),
        ]
        const [first, second] = await Promise.all(readers.map(reader => reader.fingerprintAt(2)))
        expect(first?.crc).not.toBe(second?.crc)
        for (const reader of readers) await reader.close()
      })
    })

    describe('writing', () => {
      test('a key goes to the partition that Kafka’s default partitioner picks', async () => {
        const topic = await newTopic(3)
        expect(await under.log.partitionCount(topic)).toBe(3)
        const keys = ['21', 'foobar', 'abc', 'a-little-bit-long-string', 'ключ', '']
        await append(
          topic,
          keys.map(key => ({ key, value: Buffer.from(key) })),
        )
        for (let partition = 0; partition < 3; partition++) {
          const reader = await under.log.reader({ topic, partition })
          const { highOffset } = await reader.range()
          const found = (await readRange(reader, 0, highOffset)).map(record => record.key)
          const wanted = keys.filter(key => partitionOfKey(Buffer.from(key), 3) === partition)
          expect(found).toEqual(wanted.map(key => Buffer.from(key).toString('latin1')))
          await reader.close()
        }
      })

      test('a record may name its partition', async () => {
        const topic = await newTopic(3)
        await append(
          topic,
          [0, 1, 2].map(partition => ({ key: 'same', value: Buffer.from(`to ${partition}`), partition })),
        )
        const reader = await under.log.reader({ topic, partition: 2 })
        expect((await readRange(reader, 0, 1)).map(record => record.value)).toEqual(['to 2'])
        await reader.close()
      })

      test('appending to a topic that does not exist is an error that names it', async () => {
        await expect(append(`${under.prefix}-nowhere`, numbered(1))).rejects.toThrow(`${under.prefix}-nowhere`)
      })

      test('a newer writer of the same id fences the older one, whose records do not appear', async () => {
        const topic = await newTopic()
        const id = `${under.prefix}-tx-${names++}`
        const older = await under.log.fencedWriter(id)
        expect(await older.append(topic, numbered(1))).toEqual({ kind: 'ok' })
        const newer = await under.other.fencedWriter(id)
        expect(await newer.append(topic, numbered(1, 1))).toEqual({ kind: 'ok' })
        expect(await older.append(topic, numbered(1, 66))).toEqual({ kind: 'fenced' })
        expect(await older.append(topic, numbered(1, 67))).toEqual({ kind: 'fenced' })
        expect(await newer.append(topic, numbered(1, 2))).toEqual({ kind: 'ok' })
        const reader = await under.log.reader({ topic, partition: 0 })
        const { lastStableOffset } = await reader.range()
        expect((await readRange(reader, 0, lastStableOffset)).map(record => record.value)).toEqual([
          'value 0',
          'value 1',
          'value 2',
        ])
        await Promise.all([older.close(), newer.close(), reader.close()])
      })
    })

    describe('an older writer', () => {
      test('that was never used is fenced too: what counts is who was opened last', async () => {
        const topic = await newTopic()
        const id = `${under.prefix}-tx-${names++}`
        const older = await under.log.fencedWriter(id)
        const newer = await under.other.fencedWriter(id)
        expect(await older.append(topic, numbered(1, 66))).toEqual({ kind: 'fenced' })
        expect(await newer.append(topic, numbered(1))).toEqual({ kind: 'ok' })
        await Promise.all([older.close(), newer.close()])
      })

      test('of another id is not fenced', async () => {
        const topic = await newTopic()
        const [one, two] = [
          await under.log.fencedWriter(`${under.prefix}-tx-${names++}`),
          await under.log.fencedWriter(`${under.prefix}-tx-${names++}`),
        ]
        for (const writer of [one, two, one, two]) expect(await writer.append(topic, numbered(3))).toEqual({ kind: 'ok' })
        await Promise.all([one.close(), two.close()])
      })
    })

    describe('topics', () => {
      test('missing and differing ones are reported as sentences with their cure', async () => {
        const topic = await newTopic(2)
        const problems = await under.log.ensureTopics(
          [
            { name: `${under.prefix}-missing`, partitions: 4, replicationFactor: 1, config: { 'cleanup.policy': 'compact' } },
            { name: topic, partitions: 3, config: { 'message.timestamp.type': 'LogAppendTime' } },
          ],
          { create: false },
        )
        expect(problems).toHaveLength(3)
        expect(problems[0]).toMatch(/-missing does not exist.*kafka-topics.*--create.*--partitions 4.*cleanup.policy=compact/)
        expect(problems[1]).toMatch(/has 2 partitions, configured are 3/)
        expect(problems[2]).toMatch(/message.timestamp.type=CreateTime.*must be LogAppendTime.*kafka-configs/)
      })

      test('creating them twice is no problem', async () => {
        const spec = {
          name: `${under.prefix}-again`,
          partitions: 1,
          replicationFactor: 1,
          config: { 'cleanup.policy': 'compact' },
        }
        expect(await under.log.ensureTopics([spec], { create: true })).toEqual([])
        expect(await under.other.ensureTopics([spec], { create: true })).toEqual([])
      })

      test('the partitions of a topic that does not exist are an error that names it', async () => {
        await expect(under.log.partitionCount(`${under.prefix}-nowhere`)).rejects.toThrow(`${under.prefix}-nowhere`)
      })

      test('a log that can be reached is healthy', async () => {
        expect(await under.log.health()).toEqual({ kind: 'ok' })
      })
    })

    describe('membership', () => {
      /** A member that notes what it is told. */
      const member = (log: Log, groupId: string, topic: string) => {
        const membership: Membership = log.membership({ groupId, topic, sessionTimeoutMs: 10_000 })
        const { until, change } = watched()
        const told: string[] = []
        const generations: number[] = []
        let assigned: readonly number[] = []
        const note = (what: string) => {
          told.push(what)
          change()
        }
        return {
          membership,
          told,
          generations,
          assigned: () => assigned,
          until,
          start: () =>
            membership.start({
              onAssigned: (partitions, generation) => {
                assigned = [...partitions].sort((a, b) => a - b)
                generations.push(generation)
                note(`assigned ${assigned}`)
              },
              onRevoking: () => note('revoking'),
              onCrash: error => note(`crash ${error.message}`),
            }),
        }
      }

      test('partitions move between members as they come and go, each owned by one', async () => {
        const topic = await newTopic(4)
        const groupId = `${under.prefix}-group-${names++}`
        const one = member(under.log, groupId, topic)
        await one.start()
        await one.until(() => one.assigned().length === 4)

        const two = member(under.other, groupId, topic)
        await two.start()
        await Promise.all([one.until(() => one.assigned().length === 2), two.until(() => two.assigned().length === 2)])
        expect([...one.assigned(), ...two.assigned()].sort()).toEqual([0, 1, 2, 3])
        expect(one.told.slice(0, 3)).toEqual(['assigned 0,1,2,3', 'revoking', `assigned ${one.assigned()}`])
        expect([...one.generations].sort((a, b) => a - b)).toEqual(one.generations)
        expect(new Set(one.generations).size).toBe(one.generations.length)

        await two.membership.stop()
        await one.until(() => one.assigned().length === 4)
        await one.membership.stop()
      })

      test('a fresh heartbeat is heard of, offsets are kept by the group', async () => {
        const topic = await newTopic(2)
        const groupId = `${under.prefix}-group-${names++}`
        const one = member(under.log, groupId, topic)
        await expect(one.membership.freshHeartbeat()).rejects.toThrow(/start/)
        await one.start()
        await one.until(() => one.assigned().length === 2)
        await one.membership.freshHeartbeat()
        expect(await one.membership.committed([0, 1])).toEqual(new Map())
        await one.membership.commitOffsets(new Map([[1, 42n]]))
        expect(await one.membership.committed([0, 1])).toEqual(new Map([[1, 42n]]))
        await one.membership.stop()

        const two = member(under.other, groupId, topic)
        await two.start()
        expect(await two.membership.committed([0, 1])).toEqual(new Map([[1, 42n]]))
        await two.membership.stop()
        await expect(one.membership.commitOffsets(new Map([[1, 43n]]))).rejects.toThrow()
      })
    })
  })
}
