import type { PartitionProgress, StateStore } from '../../windows/store/port.ts'
import { NO_TIME_MS } from '../../windows/time.ts'
import type { Topology } from './topology.ts'

/** How far all partitions and shards are, whoever owns them. */
export type Progress = Readonly<{
  /** By partition; null where no checkpoint was ever written. */
  partitions: readonly (PartitionProgress | null)[]
  /** What every shard has fired. */
  firedThroughMs: number
  /** What the furthest shard has fired. */
  furthestFiredMs: number
}>

/**
 * One look at the store for all tasks of the process: it may be some ms old. A firing, which must know how far the partitions
 * were before it read their panes, looks for itself.
 */
export type ProgressBoard = Readonly<{
  /** As last seen. */
  last(): Progress
  /** Looks again, together with whoever asks meanwhile. Throws StoreUnavailable. */
  refresh(): Promise<Progress>
}>

export const createProgressBoard = (store: Pick<StateStore, 'partitions' | 'shards'>, topology: Topology): ProgressBoard => {
  let last: Progress = { partitions: [], firedThroughMs: NO_TIME_MS, furthestFiredMs: NO_TIME_MS }
  let looking: Promise<Progress> | undefined
  const look = async (): Promise<Progress> => {
    const [partitions, fired] = await Promise.all([
      store.partitions.progress(topology.partitionCount()),
      store.shards.firedThrough(topology.shardCount),
    ])
    const times = fired.map(ms => ms ?? NO_TIME_MS)
    last = { partitions, firedThroughMs: Math.min(...times), furthestFiredMs: Math.max(...times) }
    return last
  }
  return {
    last: () => last,
    refresh: () => {
      looking ??= look().finally(() => {
        looking = undefined
      })
      return looking
    },
  }
}
