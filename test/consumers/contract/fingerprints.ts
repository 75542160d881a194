import { describe, expect, test } from 'vitest'
import { expectRecords, recordsOf } from '../support.ts'
import { type Bench, numbered } from './bench.ts'

/** What recognises a log that was made again. */
export const fingerprintContract = ({ under, newTopic, append }: Bench): void => {
  describe('the fingerprint', () => {
    test('of the last batch read is found again by its offset, and goes with the log', async () => {
      const topic = await newTopic()
      await append(topic, numbered(5))
      await append(topic, numbered(5, 5))
      const reader = await under().log.reader({ topic, partition: 0 })
      const fetched = expectRecords(await reader.fetch(0))
      recordsOf(fetched)
      const fingerprint = fetched.fingerprint()
      if (fingerprint === undefined) throw new Error('a batch was read')
      expect(fetched.nextOffset()).toBe(10)
      expect(await reader.fingerprintAt(9)).toEqual(fingerprint)
      expect(await reader.fingerprintAt(Number(fingerprint.baseOffset))).toEqual(fingerprint)
      expect(await reader.fingerprintAt(0)).not.toEqual(fingerprint)
      expect(await reader.fingerprintAt(10)).toBeUndefined()
      await under().deleteRecords({ topic, partition: 0 }, 10)
      expect(await reader.fingerprintAt(9)).toBeUndefined()
      await reader.close()
    })

    test('of another log at the same offset is another', async () => {
      const [one, two] = [await newTopic(), await newTopic()]
      await append(one, numbered(3))
      await append(two, numbered(3, 100))
      const readers = [
        await under().log.reader({ topic: one, partition: 0 }),
        await under().log.reader({ topic: two, partition: 0 }),
      ]
      const [first, second] = await Promise.all(readers.map(reader => reader.fingerprintAt(2)))
      expect(first?.crc).not.toBe(second?.crc)
      for (const reader of readers) await reader.close()
    })
  })
}
