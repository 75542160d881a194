import type { FeatureValue } from '../../events/prediction.ts'
import { LARGEST } from '../stats/largest.ts'
import { compensatedSum } from '../stats/sums.ts'
import { binCounts, quantileEdges } from './edges.ts'
import type { CategoricalProfile, FeatureProfile, NumericProfile } from './reference.ts'

/**
 * All values of one feature: numbers as they came (exact quantiles need them all; 8 bytes each), everything else by its text.
 */
export type ValueSample = Readonly<{
  add(value: FeatureValue): void
  /**
   * The profile of `events` events; `kind` null: numeric when all values are numbers, else categorical. null when there is
   * nothing to profile: no value, or none of that kind, or embeddings only.
   */
  profile(events: number, kind: FeatureProfile['kind'] | null, limits: ProfileLimits): FeatureProfile | null
}>

export type ProfileLimits = Readonly<{
  /** Bins of a numeric feature, at most. */
  bins: number
  /** Values of a categorical feature, the most frequent ones; the rest counts as unseen. */
  categories: number
}>

export const createValueSample = (): ValueSample => {
  let numbers = new Float64Array(1024)
  let finite = 0
  let present = 0
  const notFinite = new Map<string, number>()
  const texts = new Map<string, number>()

  const addNumber = (value: number): void => {
    if (!(Math.abs(value) <= LARGEST)) {
      tally(notFinite, String(value))
      return
    }
    if (finite === numbers.length) {
      const longer = new Float64Array(numbers.length * 2)
      longer.set(numbers)
      numbers = longer
    }
    // + 0 makes 0 of -0
    numbers[finite++] = value + 0
  }

  return {
    add: value => {
      if (value === null) return
      present++
      if (typeof value === 'number') addNumber(value)
      else if (typeof value === 'string' || typeof value === 'boolean') tally(texts, String(value))
    },
    profile: (events, kind, limits) => {
      const missing = events - present
      if ((kind ?? (texts.size === 0 ? 'numeric' : 'categorical')) === 'numeric') {
        const values = numbers.slice(0, finite).sort()
        const others = [...notFinite.values()].reduce((total, count) => total + count, 0)
        return finite === 0 ? null : numericProfile(values, missing, others, limits.bins)
      }
      const counts = new Map([...texts, ...notFinite])
      for (const value of numbers.subarray(0, finite)) tally(counts, String(value))
      return counts.size === 0 ? null : categoricalProfile(counts, missing, limits.categories)
    },
  }
}

const tally = (counts: Map<string, number>, value: string): void => {
  counts.set(value, (counts.get(value) ?? 0) + 1)
}

const numericProfile = (rising: Float64Array, missing: number, notFinite: number, bins: number): NumericProfile => {
  const n = rising.length
  const min = rising[0]
  const max = rising[n - 1]
  const mean = Math.min(Math.max(compensatedSum(rising) / n, min), max)
  const m2 = compensatedSum(rising, value => (value - mean) ** 2)
  const edges = quantileEdges(rising, bins)
  return {
    kind: 'numeric',
    n,
    missing,
    notFinite,
    mean,
    std: n < 2 ? 0 : Math.sqrt(m2 / (n - 1)),
    min,
    max,
    edges,
    counts: binCounts(rising, edges),
  }
}

const categoricalProfile = (counts: ReadonlyMap<string, number>, missing: number, categories: number): CategoricalProfile => ({
  kind: 'categorical',
  n: [...counts.values()].reduce((total, count) => total + count, 0),
  missing,
  values: mostFrequent(counts, categories),
})

/** Most frequent first, ties by value. */
export const mostFrequent = (
  counts: ReadonlyMap<string, number>,
  limit: number,
): readonly Readonly<{ value: string; count: number }>[] =>
  [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, limit)
