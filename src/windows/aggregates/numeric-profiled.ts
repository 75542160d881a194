import type { ValueColumn, ValueKind } from '../../events/columns.ts'
import type { Aggregate } from '../aggregate.ts'
import type { DriftInput } from '../drift/drift-test.ts'
import type { NumericProfile } from '../reference/reference.ts'
import type { LARGEST } from '../stats/largest.ts'
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

/**
 * `limits`: the edges between which the table serves (none: no value is), its scale, the reference's mean, the declared range.
 * In a typed array, because a double in an object's field is boxed, and the loop would unbox it for every value.
 */
type Fold = Readonly<{ lookup: BinLookup; limits: Float64Array; min: number }>

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
  const tableFrom = lookup.firsts.length === 0 ? Number.POSITIVE_INFINITY : lookup.lowest
  const limits = Float64Array.of(tableFrom, lookup.highest, lookup.scale, profile.mean, lowest, highest)
  const fold: Fold = { lookup, limits, min }
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

/** As in columns.ts and largest.ts: what is imported is loaded from its module at each use, what is here is part of the code. */
const NUMBER = 2 satisfies typeof ValueKind.number
const NULL = 1 satisfies typeof ValueKind.null
const DROPPED = 6 satisfies typeof ValueKind.dropped
const MOST = 1e150 satisfies typeof LARGEST

/**
 * The hot loop of the monitor: running cells are held in locals, nothing is allocated. `| 0` keeps indexes and counts integers,
 * since V8 adds doubles where a sum might leave 32 bits. 11 ns a value; 15 without that, `limits` and the constants. All but the
 * bin takes 4. A sign bit or a select in place of the lookup's branch, a finer table, and smaller batches gained nothing.
 */
const foldNumbers = (fold: Fold, cells: Float64Array, at: number, column: ValueColumn, rows: Int32Array, count: number): void => {
  const { kinds, numbers } = column
  const { lookup, limits } = fold
  const { edges, firsts } = lookup
  const tableFrom = limits[0]
  const tableTo = limits[1]
  const scale = limits[2]
  const centre = limits[3]
  const lowest = limits[4]
  const highest = limits[5]
  const bins = (at + BINS) | 0
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
    if (kind === NUMBER) {
      // + 0 makes 0 of -0: which of two zeros is the minimum would depend on their order
      const value = numbers[row] + 0
      if (value > tableFrom && value <= tableTo) {
        let bin: number = firsts[((value - tableFrom) * scale) | 0]
        if (edges[bin] < value) bin = binAfter(bin, edges, value)
        cells[(bins + bin) | 0]++
      } else if (value >= -MOST && value <= MOST) {
        cells[(bins + binOf(lookup, value)) | 0]++
      } else {
        countNotFinite(cells, at, value)
        continue
      }
      const distance = value - centre
      sum += distance
      squares += distance * distance
      if (value < min) min = value
      if (value > max) max = value
      if (value < lowest || value > highest) outOfRange = (outOfRange + 1) | 0
    } else if (kind <= NULL) missing = (missing + 1) | 0
    else if (kind !== DROPPED) wrongType = (wrongType + 1) | 0
  }
  cells[at + MISSING] += missing
  cells[at + WRONG_TYPE] += wrongType
  cells[at + OUT_OF_RANGE] += outOfRange
  cells[at + SUM] = sum
  cells[at + SQUARES] = squares
  cells[minAt] = min
  cells[minAt + 1] = max
}

/** Ends: value <= the highest edge. */
const binAfter = (bin: number, edges: Float64Array, value: number): number => {
  let after = (bin + 1) | 0
  while (edges[after] < value) after = (after + 1) | 0
  return after
}

/** NaN, infinite, or so large that its square would be. */
const countNotFinite = (cells: Float64Array, at: number, value: number): void => {
  if (value > 0) cells[at + POSITIVE_INFINITY]++
  else if (value < 0) cells[at + NEGATIVE_INFINITY]++
  else cells[at + NOT_A_NUMBER]++
}
