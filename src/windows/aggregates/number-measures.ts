import type { Measure } from '../measure.ts'
import { ratioMeasure } from './ratio.ts'
import { kindMeasures } from './value-measures.ts'

/** Cells of every numeric aggregate, after the two of value-measures.ts. */
export const NOT_A_NUMBER = 2
export const POSITIVE_INFINITY = 3
export const NEGATIVE_INFINITY = 4
export const OUT_OF_RANGE = 5

/**
 * `missing_ratio`, `type_mismatch_ratio`; `not_finite_ratio`: NaN and infinities, of all numbers; `out_of_range_ratio`: outside
 * the declared range, of all finite numbers.
 */
export const numberMeasures = (
  subject: string,
  cells: Float64Array,
  at: number,
  finite: number,
  hasRange: boolean,
): readonly Measure[] => {
  const notFinite = cells[at + NOT_A_NUMBER] + cells[at + POSITIVE_INFINITY] + cells[at + NEGATIVE_INFINITY]
  const numbers = finite + notFinite
  return [
    ...kindMeasures(subject, cells, at, numbers),
    ratioMeasure('not_finite_ratio', subject, notFinite, numbers),
    ...(hasRange ? [ratioMeasure('out_of_range_ratio', subject, cells[at + OUT_OF_RANGE], finite)] : []),
  ]
}
