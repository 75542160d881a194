import { KOLMOGOROV_MEAN, kolmogorovSurvival } from '../stats/kolmogorov.ts'
import { type DriftTest, MIN_SAMPLES, sum, withContributions } from './drift-test.ts'
import { groupBins } from './groups.ts'

/**
 * Two-sample Kolmogorov-Smirnov statistic on the reference's bins: the largest difference between the two shares at or below an
 * edge. scipy's `ks_2samp` statistic is over all values; this one is a lower bound of it, off by at most the larger share that
 * falls inside one bin (.002 typically at 100 bins and n >= 10,000, .004 at 1,000), and equal where each value has its own bin.
 *
 * `pValue`: Kolmogorov's limit law of sqrt((1/n + 1/m)^-1) D (scipy's `method='asymp'` has the same limit); on bins and on
 * discrete data it is conservative: nominal 5 % is 3 to 4 %.
 * `effect`: D - sqrt(pi / 2) ln 2 sqrt(1/n + 1/m), the law's mean taken off; may be below 0.
 */
export const ks: DriftTest = {
  scales: ['ordered'],
  measure: ({ window, reference }) => {
    const n = sum(window)
    const m = sum(reference)
    if (Math.min(n, m) < MIN_SAMPLES) return { kind: 'not_enough_data', n }
    let below = 0
    let referenceBelow = 0
    let value = 0
    for (let i = 0; i < reference.length - 1; i++) {
      below += window[i]
      referenceBelow += reference[i]
      value = Math.max(value, Math.abs(below / n - referenceBelow / m))
    }
    const noise = Math.sqrt(1 / n + 1 / m)
    return { kind: 'ok', value, effect: value - KOLMOGOROV_MEAN * noise, pValue: kolmogorovSurvival(value / noise), n }
  },
  /** By |share - reference share|, on PSI's coarser bins: of 100 bins none would stand out. */
  contributions: input => {
    const groups = groupBins(input)
    if (groups === null) return []
    const n = sum(input.window)
    const m = sum(input.reference)
    const bins = groups.map(({ members, window, reference }) => ({ members, share: window / n, referenceShare: reference / m }))
    return withContributions(bins, bin => Math.abs(bin.share - bin.referenceShare))
  },
}
