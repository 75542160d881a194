import { ValueKind } from '../../events/columns.ts'
import { HITS, ratioAggregate, TRIALS } from './ratio.ts'

/**
 * `coverage_ratio`: events that the model answered (the prediction is not null), of all whose payload was not dropped by sampling
 * at the gateway.
 */
export const coverage = ratioAggregate({
  metric: 'coverage_ratio',
  subject: '',
  fold: (cells, at, columns, rows, count) => {
    const { kinds } = columns.prediction
    let covered = 0
    let known = count
    for (let i = 0; i < count; i++) {
      const kind = kinds[rows[i]]
      if (kind === ValueKind.dropped) known--
      else if (kind > ValueKind.null) covered++
    }
    cells[at + HITS] += covered
    cells[at + TRIALS] += known
  },
})
