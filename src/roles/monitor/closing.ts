import { touchesGap } from '../../windows/gaps.ts'
import type { PartitionProgress } from '../../windows/store/port.ts'
import { NO_TIME_MS } from '../../windows/time.ts'

/** What all partitions together have closed, as of one look at the store. */
export type Closing = Readonly<{
  /** Every partition has closed this: frozen parts up to here are in the store. NO_TIME_MS while one was never owned. */
  closedThroughMs: number
  deletedThroughMs: number
  /** Where the stream ends, if every partition says so: what begins later is no window, not an empty one. */
  endedMs: number
  /** Partitions that no process ever owned. */
  unowned: readonly number[]
  /** Whether all events of the window `[startMs, endMs)` are there, as far as is known. */
  isComplete(startMs: number, endMs: number): boolean
}>

/** `waitsForUnowned`: a partition that was never owned holds everything; else it is left out, and every window is incomplete. */
export const closingOf = (partitions: readonly (PartitionProgress | null)[], waitsForUnowned: boolean): Closing => {
  const unowned = partitions.flatMap((meta, p) => (meta === null ? [p] : []))
  const known = partitions.filter(meta => meta !== null)
  const waits = known.length === 0 || (waitsForUnowned && unowned.length > 0)
  const gaps = known.flatMap(meta => meta.gaps)
  return {
    closedThroughMs: waits ? NO_TIME_MS : Math.min(...known.map(meta => meta.closedThroughMs)),
    deletedThroughMs: Math.max(NO_TIME_MS, ...known.map(meta => meta.deletedThroughMs)),
    endedMs: Math.max(NO_TIME_MS, ...partitions.map(meta => meta?.restart.endedMs ?? Number.POSITIVE_INFINITY)),
    unowned,
    isComplete: (startMs, endMs) => unowned.length === 0 && !touchesGap(gaps, startMs, endMs),
  }
}
