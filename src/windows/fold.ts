import type { EventColumns } from '../events/columns.ts'
import { EVENTS_CELL, type Layout } from './layout.ts'
import type { SeriesPane } from './pane.ts'

/**
 * The tight loop of the monitor. A batch of rows is first sorted into groups, one for each part of a series' pane that it
 * touches (a counting sort: rows stay in offset order within a group), then each aggregate walks one column for one group.
 * Walking a column keeps one aggregate's cells and tables in the first-level cache.
 */
export type Grouping = Readonly<{
  /** Adds a row to the group of a part; the caller has checked `asOf`. */
  add(pane: SeriesPane, late: boolean, row: number): void
  /** Folds all groups into their cells and forgets them. */
  fold(columns: EventColumns): void
}>

export const createGrouping = (cellsOf: (pane: SeriesPane, late: boolean) => Float64Array): Grouping => {
  let batch = 0
  let entries = 0
  let groups = 0
  let rowOfEntry = new Int32Array(4096)
  let groupOfEntry = new Int32Array(4096)
  let sortedRows = new Int32Array(4096)
  let sizes = new Int32Array(256)
  const panes: SeriesPane[] = []
  const isLate: boolean[] = []

  const grown = (array: Int32Array): Int32Array<ArrayBuffer> => {
    const larger = new Int32Array(array.length * 2)
    larger.set(array)
    return larger
  }

  const openGroup = (pane: SeriesPane, late: boolean): number => {
    if (groups === sizes.length) sizes = grown(sizes)
    panes[groups] = pane
    isLate[groups] = late
    sizes[groups] = 0
    return groups++
  }

  return {
    add: (pane, late, row) => {
      if (pane.batch !== batch) {
        pane.batch = batch
        pane.onTimeGroup = -1
        pane.lateGroup = -1
      }
      let group = late ? pane.lateGroup : pane.onTimeGroup
      if (group < 0) {
        group = openGroup(pane, late)
        if (late) pane.lateGroup = group
        else pane.onTimeGroup = group
      }
      if (entries === rowOfEntry.length) {
        rowOfEntry = grown(rowOfEntry)
        groupOfEntry = grown(groupOfEntry)
        sortedRows = new Int32Array(rowOfEntry.length)
      }
      rowOfEntry[entries] = row
      groupOfEntry[entries++] = group
      sizes[group]++
    },
    fold: columns => {
      // sizes become the end of each group; filling from the back keeps the order and turns ends into starts
      for (let g = 1; g < groups; g++) sizes[g] += sizes[g - 1]
      for (let i = entries - 1; i >= 0; i--) sortedRows[--sizes[groupOfEntry[i]]] = rowOfEntry[i]
      for (let g = 0; g < groups; g++) {
        const start = sizes[g]
        const end = g + 1 < groups ? sizes[g + 1] : entries
        const pane = panes[g]
        foldGroup(cellsOf(pane, isLate[g]), pane.plan.layout, columns, sortedRows.subarray(start, end))
      }
      batch++
      entries = 0
      groups = 0
      panes.length = 0
    },
  }
}

const foldGroup = (cells: Float64Array, layout: Layout, columns: EventColumns, rows: Int32Array): void => {
  const { aggregates, starts } = layout
  cells[EVENTS_CELL] += rows.length
  for (let a = 0; a < aggregates.length; a++) aggregates[a].observe(cells, starts[a], columns, rows, rows.length)
}
