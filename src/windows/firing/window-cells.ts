import { EVENTS_CELL, type Layout } from '../layout.ts'
import { mergePanes } from '../merge.ts'
import { type FrozenPane, type FrozenPart, mergedCells, versionOrder } from './frozen-panes.ts'
import type { Moment } from './moments.ts'

/** A series' merged cells in one window and revision. */
export type WindowCells = Readonly<{
  /** null: no events. */
  cells: Float64Array | null
  samples: number
  late: number
  offsets: Readonly<Record<string, number>>
}>

/** Panes of one model and width by absolute index (start / width). */
export type PanesByIndex = ReadonlyMap<number, FrozenPane>

/** Whether the moment takes the late part of the pane at `index`: revision 1 does, revision 0 where it was frozen within the window. */
const takesLate = (moment: Moment, index: number, allowedLatenessMs: number): boolean =>
  moment.revision === 1 || (index + 1) * moment.paneClass.widthMs + allowedLatenessMs <= moment.endMs

/**
 * Calls `found` for each series that has events in what the moment takes. A pane that has only late events which this revision
 * does not take is not there yet: whether the store already held it when the window was fired must make no difference.
 */
export const seriesWithData = (
  moment: Moment,
  panes: PanesByIndex,
  allowedLatenessMs: number,
  found: (segment: string, version: string, paneEndMs: number) => void,
): void => {
  const { widthMs } = moment.paneClass
  for (let index = (moment.endMs - moment.window.sizeMs) / widthMs; index < moment.endMs / widthMs; index++) {
    const takeLate = takesLate(moment, index, allowedLatenessMs)
    for (const [segment, versions] of panes.get(index)?.parts ?? []) {
      for (const [version, part] of versions) {
        if (part.onTime !== null || (takeLate && part.late !== null)) found(segment, version, (index + 1) * widthMs)
      }
    }
  }
}

/**
 * Merges one series (`version` null: all versions of the segment, in the order of versions) over the panes of a window.
 * Revision 0 takes a pane's late part only where it was frozen within the window (`pane end + lateness <= window end`);
 * revision 1 takes everything. Both read frozen parts only, so they are functions of the logs.
 */
export const windowCells = (
  moment: Moment,
  panes: PanesByIndex,
  segment: string,
  version: string | null,
  allowedLatenessMs: number,
): WindowCells => {
  const { widthMs } = moment.paneClass
  const { layout } = moment.plan
  const offsets: Record<string, number> = {}
  let late = 0

  const partCells = (part: FrozenPart, takeLate: boolean): Float64Array | null => {
    // late events that this revision does not take have no part in what it says
    for (const [partition, asOf] of takeLate ? part.offsets : part.onTimeOffsets)
      offsets[partition] = Math.max(offsets[partition] ?? 0, asOf)
    if (part.late === null || !takeLate) return part.onTime
    late += part.late[EVENTS_CELL]
    return mergedCells(part.onTime?.slice() ?? null, part.late, layout)
  }

  const paneCells = (index: number): Float64Array | null => {
    const pane = panes.get(index)
    const versions = pane?.parts.get(segment)
    if (pane === undefined || versions === undefined) return null
    const takeLate = takesLate(moment, index, allowedLatenessMs)
    if (version !== null) {
      const part = versions.get(version)
      return part ? partCells(part, takeLate) : null
    }
    return mergeVersions(versions, part => partCells(part, takeLate), layout)
  }

  const from = (moment.endMs - moment.window.sizeMs) / widthMs
  const cells = mergePanes(paneCells, from, moment.endMs / widthMs, layout)
  return { cells, samples: cells?.[EVENTS_CELL] ?? 0, late, offsets }
}

const mergeVersions = (
  versions: ReadonlyMap<string, FrozenPart>,
  cellsOf: (part: FrozenPart) => Float64Array | null,
  layout: Layout,
): Float64Array | null => {
  if (versions.size === 1) for (const part of versions.values()) return cellsOf(part)
  let total: Float64Array | null = null
  for (const version of [...versions.keys()].sort(versionOrder)) {
    const part = versions.get(version)
    const cells = part ? cellsOf(part) : null
    total = total === null ? (cells?.slice() ?? null) : mergedCells(total, cells, layout)
  }
  return total
}

/** Whether a pane of the window has late events that its revision 0 could not take. `version` null: of any version. */
export const hasRevision = (
  moment: Moment,
  panes: PanesByIndex,
  segment: string,
  version: string | null,
  allowedLatenessMs: number,
): boolean => {
  const { widthMs } = moment.paneClass
  for (let index = (moment.endMs - moment.window.sizeMs) / widthMs; index < moment.endMs / widthMs; index++) {
    if ((index + 1) * widthMs + allowedLatenessMs <= moment.endMs) continue
    for (const [name, part] of panes.get(index)?.parts.get(segment) ?? []) {
      if (part.late !== null && (version === null || version === name)) return true
    }
  }
  return false
}
