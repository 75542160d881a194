import { collectDefaultMetrics, type Registry } from 'prom-client'
import { type ArchiveMetrics, createArchiveMetrics } from './process/archive.ts'
import { createMeters } from './process/meters.ts'
import { createPartitionMetrics, type PartitionMetrics } from './process/partitions.ts'
import { createResourceMetrics, type ResourceMetrics } from './process/resources.ts'
import { createShardMetrics, type ShardMetrics } from './process/shards.ts'
import { createStoreMetrics, type StoreMetrics } from './process/store.ts'

/** Numbers of this process: they start at zero with it. Numbers of the domain survive it: domain-metrics.ts. */
export type ProcessMetrics = PartitionMetrics & ShardMetrics & StoreMetrics & ArchiveMetrics & ResourceMetrics

export type ProcessMetricsOptions = Readonly<{
  registry: Registry
  nowMs: () => number
  /** Node's own metrics, under their customary names; off where many processes share one in a test. */
  defaultMetrics: boolean
}>

export const createProcessMetrics = ({ registry, nowMs, defaultMetrics }: ProcessMetricsOptions): ProcessMetrics => {
  if (defaultMetrics) collectDefaultMetrics({ register: registry })
  const meters = createMeters(registry)
  return {
    ...createPartitionMetrics(meters, nowMs),
    ...createShardMetrics(meters),
    ...createStoreMetrics(meters),
    ...createArchiveMetrics(meters),
    ...createResourceMetrics(meters),
  }
}
