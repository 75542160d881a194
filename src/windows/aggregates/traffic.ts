import type { Aggregate } from '../aggregate.ts'
import { measure } from '../measure.ts'

/** `count`: events of the window. `rate_per_second`: the same over the window's size. No event is a count too: 0. */
export const traffic: Aggregate = {
  name: 'traffic',
  runs: [{ op: 'add', count: 1 }],
  observe: (cells, at, _columns, _rows, count) => {
    cells[at] += count
  },
  summarize: (cells, at, durationMs) => [
    measure('count', '', cells[at], cells[at]),
    measure('rate_per_second', '', cells[at] / (durationMs / 1000), cells[at]),
  ],
}
