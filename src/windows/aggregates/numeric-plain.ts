import type { ValueColumn } from '../../events/columns.ts'
import { ValueKind } from '../../events/columns.ts'
import type { Aggregate } from '../aggregate.ts'
import { LARGEST } from '../stats/largest.ts'
import { NEGATIVE_INFINITY, NOT_A_NUMBER, numberMeasures, OUT_OF_RANGE, POSITIVE_INFINITY } from './number-measures.ts'
import type { Subject } from './subject.ts'
import { MISSING, momentMeasures, WRONG_TYPE } from './value-measures.ts'

/** Cells after those of number-measures.ts: a moments triple, then minimum and maximum. */
const N = 6
const MEAN = 7
const M2 = 8
const MIN = 9
const MAX = 10

/** A numeric feature without a reference: no centre is known beforehand, so its moments run as B. P. Welford (1962) has them. */
export const plainNumeric = (subject: Subject, range: readonly [number, number] | null): Aggregate => {
  const [lowest, highest] = range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  return {
    name: subject.aggregate,
    runs: [
      { op: 'add', count: N },
      { op: 'moments', count: 3 },
      { op: 'min', count: 1 },
      { op: 'max', count: 1 },
    ],
    observe: (cells, at, columns, rows, count) => foldNumbers(lowest, highest, cells, at, subject.column(columns), rows, count),
    summarize: (cells, at) => {
      const n = cells[at + N]
      const moments = { n, mean: cells[at + MEAN], m2: cells[at + M2], min: cells[at + MIN], max: cells[at + MAX] }
      return [...numberMeasures(subject.name, cells, at, n, range !== null), ...momentMeasures(subject.name, moments)]
    },
  }
}

const foldNumbers = (
  lowest: number,
  highest: number,
  cells: Float64Array,
  at: number,
  column: ValueColumn,
  rows: Int32Array,
  count: number,
): void => {
  const { kinds, numbers } = column
  let n = cells[at + N]
  let mean = cells[at + MEAN]
  let m2 = cells[at + M2]
  let min = cells[at + MIN]
  let max = cells[at + MAX]
  for (let i = 0; i < count; i++) {
    const row = rows[i]
    const kind = kinds[row]
    if (kind === ValueKind.number) {
      // + 0 makes 0 of -0: which of two zeros is the minimum would depend on their order
      const value = numbers[row] + 0
      if (value >= -LARGEST && value <= LARGEST) {
        n++
        const distance = value - mean
        mean += distance / n
        m2 += distance * (value - mean)
        if (value < min) min = value
        if (value > max) max = value
        if (value < lowest || value > highest) cells[at + OUT_OF_RANGE]++
      } else if (value > 0) cells[at + POSITIVE_INFINITY]++
      else if (value < 0) cells[at + NEGATIVE_INFINITY]++
      else cells[at + NOT_A_NUMBER]++
    } else if (kind <= ValueKind.null) cells[at + MISSING]++
    else if (kind !== ValueKind.dropped) cells[at + WRONG_TYPE]++
  }
  cells[at + N] = n
  cells[at + MEAN] = mean
  cells[at + M2] = m2
  cells[at + MIN] = min
  cells[at + MAX] = max
}
