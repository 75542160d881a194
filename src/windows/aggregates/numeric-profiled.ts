import type { ValueColumn } from '../../events/columns.ts'
import { ValueKind } from '../../events/columns.ts'
import type { Aggregate } from '../aggregate.ts'
import type { DriftInput } from '../drift/drift-test.ts'
import type { NumericProfile } from '../reference/reference.ts'
import { LARGEST } from '../stats/largest.ts'
import { type BinLookup, binOf, createBinLookup } from './bin-lookup.ts'
import { binName } from './bin-names.ts'
import { driftContributors, driftMeasures } from './drift-measures.ts'
import { NEGATIVE_INFINITY, NOT_A_NUMBER, numberMeasures, OUT_OF_RANGE, POSITIVE_INFINITY } from './number-measures.ts'
import type { Subject } from './subject.ts'
import { MISSING, momentMeasures, WRONG_TYPE } from './value-measures.ts'

/** Cells after those of number-measures.ts: sums of x - c and (x - c)^2 around the reference's mean c, a count per bin. */
const SUM = 6
const SQUARES = 7
const BINS = 8

type Fold = Readonly<{ lookup: BinLookup; centre: number; lowest: number; highest: number; min: number }>

/** A numeric feature that has a reference. `range` (inclusive) is what `out_of_range_ratio` is about. */
export const profiledNumeric = (
  subject: Subject,
  profile: NumericProfile,
  range: readonly [number, number] | null,
): Aggregate => {
  const [lowest, highest] = range ?? [profile.min, profile.max]
  const lookup = createBinLookup(profile.edges)
  const bins = lookup.edges.length + 1
  const min = BINS + bins
  const fold: Fold = { lookup, centre: profile.mean, lowest, highest, min }
  const driftInput = (cells: Float64Array, at: number): DriftInput => ({
    scale: 'ordered',
    window: cells.subarray(at + BINS, at + min),
    reference: profile.counts,
  })
  return {
    name: subject.aggregate,
    runs: [
      { op: 'add', count: min },
      { op: 'min', count: 1 },
      { op: 'max', count: 1 },
    ],
    observe: (cells, at, columns, rows, count) => foldNumbers(fold, cells, at, subject.column(columns), rows, count),
    summarize: (cells, at) => {
      const input = driftInput(cells, at)
      let n = 0
      for (let i = 0; i < bins; i++) n += input.window[i]
      const shift = cells[at + SUM] / n
      const moments = {
        n,
        mean: profile.mean + shift,
        m2: cells[at + SQUARES] - cells[at + SUM] * shift,
        min: cells[at + min],
        max: cells[at + min + 1],
      }
      return [
        ...numberMeasures(subject.name, cells, at, n, true),
        ...momentMeasures(subject.name, moments),
        ...driftMeasures(subject.name, input),
      ]
    },
    explain: (cells, at, metric) =>
      driftContributors(metric, driftInput(cells, at), 'bin', members =>
        binName(lookup.edges, members[0], members[members.length - 1]),
      ),
  }
}

/** The hot loop of the monitor: running cells are held in locals, nothing is allocated. */
const foldNumbers = (fold: Fold, cells: Float64Array, at: number, column: ValueColumn, rows: Int32Array, count: number): void => {
  const { kinds, numbers } = column
  const { lookup, centre, lowest, highest } = fold
  const bins = at + BINS
  const minAt = at + fold.min
  let missing = 0
  let wrongType = 0
  let outOfRange = 0
  let sum = cells[at + SUM]
  let squares = cells[at + SQUARES]
  let min = cells[minAt]
  let max = cells[minAt + 1]
  for (let i = 0; i < count; i++) {
    const row = rows[i]
    const kind = kinds[row]
    if (kind === ValueKind.number) {
      // + 0 makes 0 of -0: which of two zeros is the minimum would depend on their order
      const value = numbers[row] + 0
      if (value >= -LARGEST && value <= LARGEST) {
        cells[bins + binOf(lookup, value)]++
        const distance = value - centre
        sum += distance
        squares += distance * distance
        if (value < min) min = value
        if (value > max) max = value
        if (value < lowest || value > highest) outOfRange++
      } else if (value > 0) cells[at + POSITIVE_INFINITY]++
      else if (value < 0) cells[at + NEGATIVE_INFINITY]++
      else cells[at + NOT_A_NUMBER]++
    } else if (kind <= ValueKind.null) missing++
    else if (kind !== ValueKind.dropped) wrongType++
  }
  cells[at + MISSING] += missing
  cells[at + WRONG_TYPE] += wrongType
  cells[at + OUT_OF_RANGE] += outOfRange
  cells[at + SUM] = sum
  cells[at + SQUARES] = squares
  cells[minAt] = min
  cells[minAt + 1] = max
}
