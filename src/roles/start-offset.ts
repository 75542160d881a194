import type { KafkaConfig } from '../config/config.ts'
import type { PartitionReader } from '../consumers/log.ts'

/** Where a first start begins in a partition. */
export const startOffset = async (reader: PartitionReader, startAt: KafkaConfig['startAt']): Promise<number> => {
  switch (startAt.kind) {
    case 'earliest':
      return (await reader.range()).lowOffset
    case 'latest':
      return (await reader.range()).highOffset
    case 'time':
      return reader.offsetAt(startAt.timeMs)
  }
}
