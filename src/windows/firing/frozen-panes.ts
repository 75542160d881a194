import { type Layout, mergeInto } from '../layout.ts'
import type { ModelPlan } from '../plan.ts'
import { OTHER, parseSeriesKey, type Segment, type Series, seriesKey } from '../series.ts'
import type { PaneKey } from '../store/port.ts'

/** One partition's stored part of one series' pane, decoded. */
export type PartitionPart = Readonly<{
  partition: number
  series: string
  asOf: number
  onTimeAsOf: number
  onTime: Float64Array | null
  late: Float64Array | null
}>

/** A series' pane, merged over the partitions in partition order. */
export type FrozenPart = Readonly<{
  onTime: Float64Array | null
  late: Float64Array | null
  /** Partition to the offset before which its events lie: those on time, and all of them (final as soon as late parts are). */
  onTimeOffsets: ReadonlyMap<number, number>
  offsets: ReadonlyMap<number, number>
}>

/** The frozen panes of one model and pane width: what windows are merged from. */
export type FrozenPane = Readonly<{
  key: PaneKey
  /** Late parts will not change any more either. */
  lateFinal: boolean
  /** Segment key (see segmentKey) to version to part. */
  parts: ReadonlyMap<string, ReadonlyMap<string, FrozenPart>>
}>

/** A segment as one string: the key of its series with all versions. */
export const segmentKey = (series: Series): string => seriesKey({ ...series, version: '' })

export const segmentOfKey = (key: string): Segment => parseSeriesKey(key).segment

type Merging = {
  onTime: Float64Array | null
  late: Float64Array | null
  readonly onTimeOffsets: Map<number, number>
  readonly offsets: Map<number, number>
}

const newMerging = (): Merging => ({ onTime: null, late: null, onTimeOffsets: new Map(), offsets: new Map() })

/** Parts must be of one model, and come in partition order. */
export const freezePane = (key: PaneKey, parts: readonly PartitionPart[], plan: ModelPlan, lateFinal: boolean): FrozenPane => {
  const merged = new Map<string, Map<string, Merging>>()
  for (const part of parts) {
    const series = parseSeriesKey(part.series)
    const segment = segmentKey(series)
    const versions = merged.get(segment) ?? new Map()
    merged.set(segment, versions)
    const into = versions.get(series.version) ?? newMerging()
    versions.set(series.version, into)
    into.onTime = mergedCells(into.onTime, part.onTime, plan.layout)
    into.late = mergedCells(into.late, part.late, plan.layout)
    if (part.onTime !== null) into.onTimeOffsets.set(part.partition, part.onTimeAsOf)
    into.offsets.set(part.partition, part.asOf)
  }
  return { key, lateFinal, parts: merged }
}

/** `a` merged with `b`; the cells of `a` are reused: they must be the caller's own. */
export const mergedCells = (a: Float64Array | null, b: Float64Array | null, layout: Layout): Float64Array | null => {
  if (a === null || b === null) return a ?? b
  mergeInto(a, b, layout)
  return a
}

/** Versions in the order in which they merge into `*`. */
export const versionOrder = (a: string, b: string): number => (a === b ? 0 : a === OTHER ? 1 : b === OTHER ? -1 : a < b ? -1 : 1)
