import { encodePart } from './codec.ts'
import type { ModelPlan } from './plan.ts'
import type { PaneKey } from './store/port.ts'

/**
 * One series' part of one pane, from one partition. On-time and late cells are apart, and each freezes by itself: the on-time
 * part when the watermark passes the pane's end, the late part when it passes end + allowed lateness. Frozen parts never
 * change again, so what a window measures is a function of the log.
 */
export type SeriesPane = {
  readonly key: PaneKey
  readonly series: string
  readonly plan: ModelPlan
  onTime: Float64Array | null
  late: Float64Array | null
  /** All of it as the store would have it, while nothing is folded into it: then it holds no cells. */
  packed: Uint8Array | null
  /** The partition's events below this offset are in the cells: a replay leaves them alone. */
  asOf: number
  /** The same of its on-time events alone; 0 without any. */
  onTimeAsOf: number
  /** First offset that is in the cells and not in the store; -1 when all is stored. */
  firstMissing: number
  /** Bytes of what the store holds of it; 0 when it holds nothing. */
  storedBytes: number
  /** The store has the on-time part as it was frozen. */
  isOnTimeStored: boolean
  /** `asOf` when it was last looked at, and how many looks ago it changed: what is quiet is packed. */
  seenAsOf: number
  quietLooks: number
  /** Scratch of the fold: the group of rows of the current batch, see fold.ts. */
  batch: number
  onTimeGroup: number
  lateGroup: number
}

export const createSeriesPane = (key: PaneKey, series: string, plan: ModelPlan): SeriesPane => ({
  key,
  series,
  plan,
  onTime: null,
  late: null,
  packed: null,
  asOf: 0,
  onTimeAsOf: 0,
  firstMissing: -1,
  storedBytes: 0,
  isOnTimeStored: false,
  seenAsOf: -1,
  quietLooks: 0,
  batch: -1,
  onTimeGroup: -1,
  lateGroup: -1,
})

export const endMs = (key: PaneKey): number => key.startMs + key.widthMs

/** It holds nothing any more: whoever still refers to it forgets it. */
export const isFreed = (pane: SeriesPane): boolean => pane.onTime === null && pane.late === null && pane.packed === null

export const encodePane = (pane: SeriesPane): Uint8Array => pane.packed ?? encodePart(pane, pane.plan.layout)

/** A pane's key as text, for maps. */
export const paneId = (key: PaneKey): string => `${key.startMs}:${key.widthMs}:${key.shard}`
