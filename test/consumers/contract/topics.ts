import { describe, expect, test } from 'vitest'
import type { Bench } from './bench.ts'

/** What is said about topics. */
export const topicContract = ({ under, newTopic }: Bench): void => {
  describe('topics', () => {
    test('missing and differing ones are reported as sentences with their cure', async () => {
      const topic = await newTopic(2)
      const problems = await under().log.ensureTopics(
        [
          { name: `${under().prefix}-missing`, partitions: 4, replicationFactor: 1, config: { 'cleanup.policy': 'compact' } },
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
        name: `${under().prefix}-again`,
        partitions: 1,
        replicationFactor: 1,
        config: { 'cleanup.policy': 'compact' },
      }
      expect(await under().log.ensureTopics([spec], { create: true })).toEqual([])
      expect(await under().other.ensureTopics([spec], { create: true })).toEqual([])
    })

    test('the partitions of a topic that does not exist are an error that names it', async () => {
      await expect(under().log.partitionCount(`${under().prefix}-nowhere`)).rejects.toThrow(`${under().prefix}-nowhere`)
    })

    test('one has an id, the same to every client; made again under its name, it has another', async () => {
      const { log, other, deleteTopic } = under()
      const topic = await newTopic()
      const id = await log.topicId(topic)
      expect(id).toMatch(/^[\w-]+$/)
      expect(await other.topicId(topic)).toBe(id)
      expect(await log.topicId(await newTopic())).not.toBe(id)
      await deleteTopic(topic)
      await expect.poll(() => log.topicId(topic).catch((error: Error) => error.message)).toBe(`topic ${topic} does not exist`)
      const spec = { name: topic, partitions: 1, replicationFactor: 1, config: {} }
      expect(await other.ensureTopics([spec], { create: true })).toEqual([])
      const madeAgain = await log.topicId(topic)
      expect(madeAgain).toMatch(/^[\w-]+$/)
      expect(madeAgain).not.toBe(id)
    })

    test('a log that can be reached is healthy', async () => {
      expect(await under().log.health()).toEqual({ kind: 'ok' })
    })
  })
}
