import type { EventColumns } from '../../events/columns.ts'
import type { Aggregate } from '../aggregate.ts'
import { type Measure, measure, notEnoughData } from '../measure.ts'
import { wilson } from '../stats/wilson.ts'

/** Cells of a ratio: events that hit, events that could have. */
export const HITS = 0
export const TRIALS = 1

/** A share of events, with Wilson's 95 % bounds; no event, no share. */
export const ratioMeasure = (metric: string, subject: string, hits: number, trials: number): Measure =>
  trials === 0
    ? notEnoughData(metric, subject, 0)
    : { ...measure(metric, subject, hits / trials, trials), ...wilson(hits, trials) }

/**
 * An aggregate that is one ratio. `fold` adds to `cells[at + HITS]` and `cells[at + TRIALS]`: integers, exact in any order.
 */
export const ratioAggregate = (
  ratio: Readonly<{
    metric: string
    subject: string
    fold(cells: Float64Array, at: number, columns: EventColumns, rows: Int32Array, count: number): void
  }>,
): Aggregate => ({
  name: ratio.subject === '' ? ratio.metric : `${ratio.metric}:${ratio.subject}`,
  runs: [{ op: 'add', count: 2 }],
  observe: ratio.fold,
  summarize: (cells, at) => [ratioMeasure(ratio.metric, ratio.subject, cells[at + HITS], cells[at + TRIALS])],
})

/** The share of all events whose flag is 1. */
export const flagRatio = (metric: string, subject: string, flagsOf: (columns: EventColumns) => Uint8Array): Aggregate =>
  ratioAggregate({
    metric,
    subject,
    fold: (cells, at, columns, rows, count) => {
      const flags = flagsOf(columns)
      let hits = 0
      for (let i = 0; i < count; i++) hits += flags[rows[i]]
      cells[at + HITS] += hits
      cells[at + TRIALS] += count
    },
  })
