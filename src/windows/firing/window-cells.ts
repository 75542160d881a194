import { EVENTS_CELL, type Layout } from '../layout.ts'
import { mergePanes, type Node, type Scratch } from '../merge.ts'
import { firstCell } from '../packed-cells.ts'
import { type FrozenPane, type FrozenPart, mergeLists, versionOrder } from './frozen-panes.ts'
import type { Moment } from './moments.ts'
import type { NodesBySeries } from './node-cache.ts'

/** A series' merged cells in one window and revision. */
export type WindowCells = Readonly<{
  /** null: no events. Valid until the next merge. */
  cells: Float64Array | null
  samples: number
  late: number
  offsets: Readonly<Record<string, number>>
}>

/** Panes of one model and width by absolute index (start / width). */
export type PanesByIndex = ReadonlyMap<number, FrozenPane>

/** The panes of one model and width, and what it takes to merge them. */
export type ModelPanes = Readonly<{ byIndex: PanesByIndex; nodes: NodesBySeries; scratch: Scratch; leafScratch: Scratch }>

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
  found: (segment: string, version: string, series: string, paneEndMs: number) => void,
): void => {
  const { widthMs } = moment.paneClass
  for (let index = (moment.endMs - moment.window.sizeMs) / widthMs; index < moment.endMs / widthMs; index++) {
    const takeLate = takesLate(moment, index, allowedLatenessMs)
    for (const [segment, versions] of panes.get(index)?.parts ?? []) {
      for (const [version, part] of versions) {
        if (part.onTime !== null || (takeLate && part.late !== null)) {
          found(segment, version, part.series, (index + 1) * widthMs)
        }
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
  { byIndex, nodes, scratch, leafScratch }: ModelPanes,
  segment: string,
  version: string | null,
  allowedLatenessMs: number,
): WindowCells => {
  const { widthMs } = moment.paneClass
  const { layout } = moment.plan

  const paneNode = (index: number): Node | null => {
    const versions = byIndex.get(index)?.parts.get(segment)
    if (versions === undefined) return null
    const takeLate = takesLate(moment, index, allowedLatenessMs)
    if (version === null) return mergeVersions(versions, takeLate, layout, leafScratch)
    const part = versions.get(version)
    return part ? partNode(part, takeLate, layout, leafScratch) : null
  }

  const to = moment.endMs / widthMs
  const from = (moment.endMs - moment.window.sizeMs) / widthMs
  const slides = moment.window.everyMs < moment.window.sizeMs
  // panes before this are taken with their late parts, which are frozen: every later window takes the same
  const finalBefore = moment.revision === 1 ? to : Math.floor((moment.endMs - allowedLatenessMs) / widthMs)
  const cache = slides ? nodes.of(segment, version) : null
  const merged = mergePanes(paneNode, from, to, layout, scratch, cache, finalBefore)
  if (merged === null) return { cells: null, samples: 0, late: 0, offsets: {} }
  const { cells, late, offsets } = merged
  return { cells, samples: cells[EVENTS_CELL], late, offsets: Object.fromEntries(offsets) }
}

const partNode = (part: FrozenPart, takeLate: boolean, layout: Layout, scratch: Scratch): Node | null => {
  const { onTime, late } = part
  const taken = takeLate ? late : null
  // late events that this revision does not take have no part in what it says
  const offsets = takeLate ? part.offsets : part.onTimeOffsets
  const cells = mergeLists([onTime, taken], layout, scratch)
  return cells && { cells, late: taken === null ? 0 : firstCell(taken), offsets }
}

const mergeVersions = (
  versions: ReadonlyMap<string, FrozenPart>,
  takeLate: boolean,
  layout: Layout,
  scratch: Scratch,
): Node | null => {
  if (versions.size === 1) for (const part of versions.values()) return partNode(part, takeLate, layout, scratch)
  const parts = [...versions].sort(([a], [b]) => versionOrder(a, b))
  const nodes = parts.flatMap(([, part]) => partNode(part, takeLate, layout, scratch) ?? [])
  const cells = mergeLists(
    nodes.map(node => node.cells),
    layout,
    scratch,
  )
  if (cells === null) return null
  const offsets = new Map<number, number>()
  for (const node of nodes)
    for (const [partition, asOf] of node.offsets) offsets.set(partition, Math.max(asOf, offsets.get(partition) ?? 0))
  return { cells, late: nodes.reduce((sum, node) => sum + node.late, 0), offsets }
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
