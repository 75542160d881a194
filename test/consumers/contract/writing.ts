import { describe, expect, test } from 'vitest'
import { partitionOfKey } from '../../../src/consumers/murmur2.ts'
import { readRange } from '../support.ts'
import { type Bench, numbered } from './bench.ts'

/** What writers promise. */
export const writingContract = ({ under, newName, newTopic, append }: Bench): void => {
  describe('writing', () => {
    test('a key goes to the partition that Kafka’s default partitioner picks', async () => {
      const topic = await newTopic(3)
      expect(await under().log.partitionCount(topic)).toBe(3)
      const keys = ['21', 'foobar', 'abc', 'a-little-bit-long-string', 'ключ', '']
      await append(
        topic,
        keys.map(key => ({ key, value: Buffer.from(key) })),
      )
      for (let partition = 0; partition < 3; partition++) {
        const reader = await under().log.reader({ topic, partition })
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
      const reader = await under().log.reader({ topic, partition: 2 })
      expect((await readRange(reader, 0, 1)).map(record => record.value)).toEqual(['to 2'])
      await reader.close()
    })

    test('what is appended to a partition that was added since is in the log, or refused', async () => {
      const topic = await newTopic(1)
      const record = (text: string) => ({ key: null, value: Buffer.from(text), partition: text === 'before' ? 0 : 2 })
      const writer = await under().log.writer()
      await writer.append(topic, [record('before')])
      const id = newName('tx')
      const fenced = await under().log.fencedWriter(id)
      await fenced.append(topic, [record('before')])
      await under().addPartitions(topic, 3)
      await expect.poll(() => under().log.partitionCount(topic)).toBe(3)

      const refused = (error: unknown): readonly string[] => {
        expect(String(error)).toMatch(/is newer than what the producer knows/)
        return []
      }
      const taken = await writer.append(topic, [record('one')]).then(() => ['one'], refused)
      await writer.append(topic, [record('two')])
      const takenFenced = await fenced.append(topic, [record('three')]).then(() => ['three'], refused)
      const another = await under().log.fencedWriter(id)
      expect(await another.append(topic, [record('four')])).toEqual({ kind: 'ok' })

      const reader = await under().log.reader({ topic, partition: 2 })
      const { lastStableOffset } = await reader.range()
      const texts = (await readRange(reader, 0, lastStableOffset)).map(({ value }) => value)
      expect(texts).toEqual([...taken, 'two', ...takenFenced, 'four'])
      await Promise.all([reader.close(), writer.close(), fenced.close(), another.close()])
    })

    test('appending to a topic that does not exist is an error that names it', async () => {
      await expect(append(`${under().prefix}-nowhere`, numbered(1))).rejects.toThrow(`${under().prefix}-nowhere`)
    })

    test('a newer writer of the same id fences the older one, whose records do not appear', async () => {
      const topic = await newTopic()
      const id = newName('tx')
      const older = await under().log.fencedWriter(id)
      expect(await older.append(topic, numbered(1))).toEqual({ kind: 'ok' })
      const newer = await under().other.fencedWriter(id)
      expect(await newer.append(topic, numbered(1, 1))).toEqual({ kind: 'ok' })
      expect(await older.append(topic, numbered(1, 66))).toEqual({ kind: 'fenced' })
      expect(await older.append(topic, numbered(1, 67))).toEqual({ kind: 'fenced' })
      expect(await newer.append(topic, numbered(1, 2))).toEqual({ kind: 'ok' })
      const reader = await under().log.reader({ topic, partition: 0 })
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
      const id = newName('tx')
      const older = await under().log.fencedWriter(id)
      const newer = await under().other.fencedWriter(id)
      expect(await older.append(topic, numbered(1, 66))).toEqual({ kind: 'fenced' })
      expect(await newer.append(topic, numbered(1))).toEqual({ kind: 'ok' })
      await Promise.all([older.close(), newer.close()])
    })

    test('of another id is not fenced', async () => {
      const topic = await newTopic()
      const [one, two] = [await under().log.fencedWriter(newName('tx')), await under().log.fencedWriter(newName('tx'))]
      for (const writer of [one, two, one, two]) expect(await writer.append(topic, numbered(3))).toEqual({ kind: 'ok' })
      await Promise.all([one.close(), two.close()])
    })
  })
}
