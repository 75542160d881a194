import { ValueKind } from '../../events/columns.ts'
import { HITS, ratioAggregate, TRIALS } from './ratio.ts'

/** `coverage_ratio`: events that the model answered (the prediction is not null), of all events. */
export const coverage = ratioAggregate({
  metric: 'coverage_ratio',
  subject: '',
  fold: (cells, at, columns, rows, count) => {
    const { kinds } = columns.prediction
    let covered = 0
    for (let i = 0; i < count; i++) if (kinds[rows[i]] > ValueKind.null) covered++
    cells[at + HITS] += covered
    cells[at + TRIALS] += count
  },
})
