import type { PackedPart } from '../codec.ts'
import type { Layout } from '../layout.ts'
import type { Scratch } from '../merge.ts'
import { mergePacked, packCells, unpackCells } from '../packed-cells.ts'
import type { ModelPlan } from '../plan.ts'
import { OTHER, parseSeriesKey, type Segment, type Series, seriesKey } from '../series.ts'
import type { PaneKey } from '../store/port.ts'

/** One partition's stored part of one series' pane, its cells packed. */
export type PartitionPart = Readonly<{ partition: number; series: string }> & PackedPart

/** A series' pane, merged over the partitions in partition order; packed, since ten thousand of them wait for their windows. */
export type FrozenPart = Readonly<{
  /** Series key. */
  series: string
  onTime: Uint8Array | null
  late: Uint8Array | null
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
  /** Of packed cells. */
  bytes: number
}>

/** A segment as one string: the key of its series with all versions. */
export const segmentKey = (series: Series): string => seriesKey({ ...series, version: '' })

export const segmentOfKey = (key: string): Segment => parseSeriesKey(key).segment

/** Parts must be of one model, and come in partition order. */
export const freezePane = (
  key: PaneKey,
  parts: readonly PartitionPart[],
  plan: ModelPlan,
  lateFinal: boolean,
  scratch: Scratch,
): FrozenPane => {
  const bySeries = new Map<string, PartitionPart[]>()
  for (const part of parts) {
    const own = bySeries.get(part.series)
    if (own === undefined) bySeries.set(part.series, [part])
    else own.push(part)
  }
  const frozen = new Map<string, Map<string, FrozenPart>>()
  let bytes = 0
  for (const [key, own] of bySeries) {
    const series = parseSeriesKey(key)
    const onTime = mergeLists(
      own.map(part => part.onTime),
      plan.layout,
      scratch,
    )
    const late = mergeLists(
      own.map(part => part.late),
      plan.layout,
      scratch,
    )
    bytes += (onTime?.length ?? 0) + (late?.length ?? 0)
    const segment = segmentKey(series)
    const versions = frozen.get(segment) ?? new Map<string, FrozenPart>()
    frozen.set(segment, versions)
    versions.set(series.version, {
      series: key,
      onTime,
      late,
      onTimeOffsets: new Map(own.filter(part => part.onTime !== null).map(part => [part.partition, part.onTimeAsOf])),
      offsets: new Map(own.map(part => [part.partition, part.asOf])),
    })
  }
  return { key, lateFinal, parts: frozen, bytes }
}

/** Lists of packed cells, merged in their order; null where there are none. */
export const mergeLists = (lists: readonly (Uint8Array | null)[], layout: Layout, scratch: Scratch): Uint8Array | null => {
  const [first, ...rest] = lists.filter(list => list !== null)
  if (first === undefined) return null
  if (rest.length === 0) return first
  const cells = scratch(layout, 0)
  unpackCells(first, cells, layout.identities)
  for (const list of rest) mergePacked(cells, list, layout.runs)
  return packCells(cells, layout.identities)
}

/** Versions in the order in which they merge into `*`. */
export const versionOrder = (a: string, b: string): number => (a === b ? 0 : a === OTHER ? 1 : b === OTHER ? -1 : a < b ? -1 : 1)
