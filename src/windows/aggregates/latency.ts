import type { Aggregate } from '../aggregate.ts'
import { type Measure, measure, notEnoughData } from '../measure.ts'
import { LARGEST } from '../stats/largest.ts'
import { quantileRanks } from '../stats/quantile-ranks.ts'
import { BUCKETS, bucketOf, lowerBound } from './latency-buckets.ts'
import { ratioMeasure } from './ratio.ts'

/** Cells: refused values, sum (ms), a count per bucket; then minimum and maximum (ms). */
const INVALID = 0
const SUM = 1
const COUNTS = 2
const MIN = COUNTS + BUCKETS
const MAX = MIN + 1

const PERCENTS = [50, 90, 95, 99] as const

/**
 * `latency_p50_ms` .. `latency_p99_ms` (within 0.8 %, bounds by order statistics), `latency_max_ms`, `latency_mean_ms`, and
 * `latency_invalid_ratio`: latencies that are negative or not finite, of all that are not null; they are in no other measure.
 * Events without a latency are not counted.
 */
export const latency: Aggregate = {
  name: 'latency',
  runs: [
    { op: 'add', count: MIN },
    { op: 'min', count: 1 },
    { op: 'max', count: 1 },
  ],
  observe: (cells, at, columns, rows, count) => {
    const { latenciesMs } = columns
    const counts = at + COUNTS
    let sum = cells[at + SUM]
    let min = cells[at + MIN]
    let max = cells[at + MAX]
    for (let i = 0; i < count; i++) {
      // + 0 makes 0 of -0: which of two zeros is the minimum would depend on their order
      const ms = latenciesMs[rows[i]] + 0
      if (ms >= 0 && ms <= LARGEST) {
        cells[counts + bucketOf(ms)]++
        sum += ms
        if (ms < min) min = ms
        if (ms > max) max = ms
      } else if (!Number.isNaN(ms)) cells[at + INVALID]++
    }
    cells[at + SUM] = sum
    cells[at + MIN] = min
    cells[at + MAX] = max
  },
  summarize: (cells, at) => {
    const counts = cells.subarray(at + COUNTS, at + MIN)
    let n = 0
    for (const count of counts) n += count
    const invalid = cells[at + INVALID]
    const range = { min: cells[at + MIN], max: cells[at + MAX] }
    return [
      ...PERCENTS.map(percent => quantile(percent, n, counts, range)),
      n === 0 ? notEnoughData('latency_max_ms', '', 0) : measure('latency_max_ms', '', range.max, n),
      n === 0 ? notEnoughData('latency_mean_ms', '', 0) : measure('latency_mean_ms', '', cells[at + SUM] / n, n),
      ratioMeasure('latency_invalid_ratio', '', invalid, n + invalid),
    ]
  },
}

/** The value of rank ceil(n percent / 100) (inverted distribution function, Hyndman and Fan's type 1). */
const quantile = (percent: number, n: number, counts: Float64Array, range: Readonly<{ min: number; max: number }>): Measure => {
  const metric = `latency_p${percent}_ms`
  const ranks = quantileRanks(n, percent / 100)
  if (ranks === null) return notEnoughData(metric, '', n)
  const clamped = (ms: number): number => Math.min(Math.max(ms, range.min), range.max)
  const bucket = bucketOfRank(counts, Math.ceil((n * percent) / 100))
  // beyond the top bucket's open end nothing is known but the maximum
  const value = clamped((lowerBound(bucket) + lowerBound(bucket + 1)) / 2)
  return {
    ...measure(metric, '', value, n),
    low: clamped(lowerBound(bucketOfRank(counts, ranks.lower))),
    high: clamped(lowerBound(bucketOfRank(counts, ranks.upper) + 1)),
  }
}

const bucketOfRank = (counts: Float64Array, rank: number): number => {
  let below = 0
  for (let bucket = 0; bucket < counts.length; bucket++) {
    below += counts[bucket]
    if (below >= rank) return bucket
  }
  return counts.length - 1
}
