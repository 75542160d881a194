import type { TimeConfig } from '../../config/config.ts'
import type { PartitionProgress } from '../../windows/store/port.ts'
import type { Progress } from './progress-board.ts'

/** Why a partition reads no further for now. */
export type PauseReason = 'memory-budget' | 'state-budget' | 'skew'

export type PauseFacts = Readonly<{
  partition: number
  watermarkMs: number
  caughtUp: boolean
  /** The process holds more in memory than it may. */
  isOverMemory: boolean
  /** The process's partitions have more panes in the store than they may. */
  isOverState: boolean
  progress: Progress
}>

/**
 * Pausing is safe only where what is waited for can go on by itself:
 * - memory is freed by checkpoints, which need no reading;
 * - stored panes are freed by firing. Where firing waits for the slowest partition, that one must read on;
 * - a partition that is ahead waits for one that has something to read, never for one that has not.
 */
export const pauseReason = (facts: PauseFacts, time: Pick<TimeConfig, 'maxSkewMs'>): PauseReason | null => {
  const { partition, watermarkMs, caughtUp, isOverMemory, isOverState, progress } = facts
  if (isOverMemory) return 'memory-budget'
  const others = progress.partitions.filter((meta, p): meta is PartitionProgress => meta !== null && p !== partition)
  if (isOverState && !firingWaitsFor(watermarkMs, others, progress.firedThroughMs)) return 'state-budget'
  const catchingUp = others.filter(meta => !meta.idle && !meta.caughtUp)
  const slowestMs = Math.min(...catchingUp.map(meta => meta.closedThroughMs))
  return !caughtUp && watermarkMs - slowestMs > time.maxSkewMs ? 'skew' : null
}

/** Everything closed is fired, and no other partition has closed less than this one. */
const firingWaitsFor = (watermarkMs: number, others: readonly PartitionProgress[], firedThroughMs: number): boolean =>
  watermarkMs <= firedThroughMs && others.every(meta => meta.closedThroughMs >= watermarkMs)
