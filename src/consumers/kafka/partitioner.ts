import type { ICustomPartitioner } from 'kafkajs'
import { partitionOfKey } from '../murmur2.ts'

/**
 * As Kafka's default partitioner: by the key's hash; records without a key go to the partitions in turn. kafkajs asks again
 * when it retries, so a choice by turn is remembered: a record that was perhaps written must not go elsewhere.
 */
export const javaPartitioner: ICustomPartitioner = () => {
  const chosen = new WeakMap<object, number>()
  let turn = 0
  return ({ partitionMetadata, message }) => {
    if (message.partition !== undefined && message.partition !== null) return message.partition
    const partitions = partitionMetadata.length
    if (message.key !== null && message.key !== undefined) {
      return partitionOfKey(typeof message.key === 'string' ? Buffer.from(message.key) : message.key, partitions)
    }
    const partition = chosen.get(message) ?? turn++ % partitions
    chosen.set(message, partition)
    return partition
  }
}
