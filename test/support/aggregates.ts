import type { ModelConfig } from '../../src/config/config.ts'
import type { Dictionary, EventColumns } from '../../src/events/columns.ts'
import type { Aggregate } from '../../src/windows/aggregate.ts'
import { createLayout, emptyCells } from '../../src/windows/layout.ts'
import type { Measure } from '../../src/windows/measure.ts'
import { allRows, columnsOf, type EventRow } from './event-rows.ts'

export const modelOf = (model: Partial<ModelConfig>): ModelConfig => ({
  name: 'm',
  reference: null,
  windows: [],
  segments: [],
  features: {},
  itemsAtLeast: [],
  businessRules: [],
  ...model,
})

/** Cells of one aggregate that saw all rows of the columns, in one call. */
export const cellsOf = (aggregate: Aggregate, columns: EventColumns): Float64Array => {
  const cells = emptyCells(createLayout([aggregate], '')).subarray(1)
  aggregate.observe(cells, 0, columns, allRows(columns.count), columns.count)
  return cells
}

/** What one aggregate measures of these events, by metric, in a window of a minute. */
export const measuresOf = (
  aggregate: Aggregate,
  events: readonly EventRow[],
  dictionary: Dictionary,
): ReadonlyMap<string, Measure> => byMetric(aggregate.summarize(cellsOf(aggregate, columnsOf(events, dictionary)), 0, 60_000))

export const byMetric = (measures: readonly Measure[]): ReadonlyMap<string, Measure> =>
  new Map(measures.map(measure => [measure.metric, measure]))
