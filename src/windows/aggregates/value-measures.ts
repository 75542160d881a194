import { type Measure, measure, notEnoughData } from '../measure.ts'
import { ratioMeasure } from './ratio.ts'

/** How many events held what, one cell each, first in every value aggregate. */
export const MISSING = 0
export const WRONG_TYPE = 1

/** `missing_ratio`: null or absent, of all events. `type_mismatch_ratio`: of another kind than declared, of those not missing. */
export const kindMeasures = (subject: string, cells: Float64Array, at: number, rightType: number): readonly Measure[] => {
  const missing = cells[at + MISSING]
  const wrongType = cells[at + WRONG_TYPE]
  const present = rightType + wrongType
  return [
    ratioMeasure('missing_ratio', subject, missing, present + missing),
    ratioMeasure('type_mismatch_ratio', subject, wrongType, present),
  ]
}

/** What summarizes the finite values of a window; `m2` is the sum of squared distances from the mean. */
export type Moments = Readonly<{ n: number; mean: number; m2: number; min: number; max: number }>

/**
 * `mean`, `std` (sample, n - 1), `min`, `max`. Mean and std are held inside what the extremes allow (Popoviciu's inequality for
 * the std), which is exact, and bounds what rounding can do when all values are equal or lie far from the reference's mean.
 */
export const momentMeasures = (subject: string, { n, mean, m2, min, max }: Moments): readonly Measure[] => {
  const centred = Math.min(Math.max(mean, min), max)
  const widest = ((max - min) / 2) * Math.sqrt(n / (n - 1))
  const std = Math.min(Math.sqrt(Math.max(0, m2) / (n - 1)), widest)
  const finite = (metric: string, value: number, needed: number): Measure =>
    n >= needed && Number.isFinite(value) ? measure(metric, subject, value, n) : notEnoughData(metric, subject, n)
  return [finite('mean', centred, 1), finite('std', std, 2), finite('min', min, 1), finite('max', max, 1)]
}
