import type { Log } from '../../consumers/log.ts'

/** How the namespace is divided. */
export type Topology = Readonly<{
  /** Partitions of the input topic, as last seen. It grows when someone adds some, and never shrinks. */
  partitionCount(): number
  /** Models are divided over so many shards: the partitions that there were at the very first start. */
  shardCount: number
  /** The first window start that may be fired, by model: what a migration left behind is not. */
  sinceMs(model: string): number
  /** Looks at the topic again. */
  refresh(): Promise<number>
}>

export const createTopology = (
  log: Pick<Log, 'partitionCount'>,
  topic: string,
  known: Readonly<{ partitionCount: number; shardCount: number; sinceMs: Readonly<Record<string, number>> }>,
): Topology => {
  let { partitionCount } = known
  return {
    partitionCount: () => partitionCount,
    shardCount: known.shardCount,
    sinceMs: model => known.sinceMs[model] ?? Number.NEGATIVE_INFINITY,
    refresh: async () => {
      partitionCount = Math.max(partitionCount, await log.partitionCount(topic))
      return partitionCount
    },
  }
}
