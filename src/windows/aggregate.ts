import type { EventColumns } from '../events/columns.ts'
import type { Contributor } from './alert.ts'
import type { Measure } from './measure.ts'

/**
 * How two values of a cell become one. `moments` is a run of three cells (n, mean, M2), merged as Chan, Golub and LeVeque
 * (1979) do. The identities are 0, +Infinity, -Infinity and (0, 0, 0): a cell that holds its identity is not stored.
 */
export type CellOp = 'add' | 'min' | 'max' | 'moments'

export type CellRun = Readonly<{ op: CellOp; count: number }>

/**
 * What a pane accumulates: a run of cells and two pure functions. Merging, encoding, checkpointing and sliding windows know
 * nothing of what the cells mean.
 */
export type Aggregate = Readonly<{
  /** Unique in a layout, stable across releases: `latency`, `feature:temp`. */
  name: string
  runs: readonly CellRun[]
  /**
   * Folds rows `rows[0..count)` of the columns, in that order, into `cells[at ...]`, value by value: the cells must not depend
   * on how the rows were cut into calls. `rows` rise.
   */
  observe(cells: Float64Array, at: number, columns: EventColumns, rows: Int32Array, count: number): void
  /** The measures of a window's merged cells. `durationMs` is the window's size. Never NaN: a status instead. */
  summarize(cells: Float64Array, at: number, durationMs: number): readonly Measure[]
  /**
   * The bins or categories that made `metric` what it is, the largest contribution first, a handful; empty where the metric is
   * not a comparison with the reference or n is too small. For the alert, so asked of few windows.
   */
  explain?(cells: Float64Array, at: number, metric: string): readonly Contributor[]
}>
