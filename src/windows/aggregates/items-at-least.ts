import type { Aggregate } from '../aggregate.ts'
import { HITS, ratioAggregate, TRIALS } from './ratio.ts'

/** `items_at_least_ratio` of k (the subject): events that returned k items or more, of those that say how many. */
export const itemsAtLeast = (k: number): Aggregate =>
  ratioAggregate({
    metric: 'items_at_least_ratio',
    subject: String(k),
    fold: (cells, at, columns, rows, count) => {
      const { itemCounts } = columns
      let hits = 0
      let trials = 0
      for (let i = 0; i < count; i++) {
        const items = itemCounts[rows[i]]
        // NaN, no item count, is neither
        if (items >= k) hits++
        if (items >= k || items < k) trials++
      }
      cells[at + HITS] += hits
      cells[at + TRIALS] += trials
    },
  })
