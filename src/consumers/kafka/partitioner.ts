import type { ICustomPartitioner } from 'kafkajs'
import type { OutgoingRecord } from '../log.ts'
import { partitionOfKey } from '../murmur2.ts'

/** The partition of each record, in their order. */
export type ChoosePartitions = (topic: string, records: readonly OutgoingRecord[]) => Promise<readonly number[]>

/** As Java's producers: a topic that grew is noticed so much later at most. */
const COUNT_MAX_AGE_MS = 5 * 60_000

/** As Kafka's default partitioner: by the key's hash; records without a key go to the partitions in turn. */
export const createChooser = (partitionCount: (topic: string) => Promise<number>): ChoosePartitions => {
  const counts = new Map<string, Readonly<{ count: number; askedMs: number }>>()
  let turn = 0
  const countOf = async (topic: string): Promise<number> => {
    const known = counts.get(topic)
    if (known !== undefined && Date.now() - known.askedMs < COUNT_MAX_AGE_MS) return known.count
    const count = await partitionCount(topic)
    counts.set(topic, { count, askedMs: Date.now() })
    return count
  }
  return async (topic, records) => {
    const count = await countOf(topic)
    return records.map(({ key, partition }) => {
      if (partition !== undefined) return partition
      return key === null ? turn++ % count : partitionOfKey(typeof key === 'string' ? Buffer.from(key) : key, count)
    })
  }
}

/** Every message comes to kafkajs with its partition. */
export const chosenAlready: ICustomPartitioner =
  () =>
  ({ message }) => {
    if (typeof message.partition === 'number') return message.partition
    throw new Error('a message without a partition')
  }
