import { gammaln } from 'simple-statistics'

/** Ranks of order statistics, 1..n. */
export type Ranks = Readonly<{ lower: number; upper: number }>

/** 2.5 % in each tail. */
const TAIL = 0.025
const Z_TAIL = 1.959963984540054
/** Below this variance n q (1 - q) the binomial law is summed exactly; above, its normal approximation is at most a rank wider on each side. */
const EXACT_VARIANCE = 400

/**
 * Ranks l, u such that [X(l), X(u)] covers the q-quantile with at least 95 %, at most 2.5 % missing on each side, whatever the
 * distribution: the number of values at or below the quantile is binomial(n, q) (W. R. Thompson 1936; Conover, Practical
 * Nonparametric Statistics, 3.2). null: no such ranks exist, n is too small to bound this quantile (p50 needs 6, p90 36, p95 72,
 * p99 368).
 */
export const quantileRanks = (n: number, q: number): Ranks | null => {
  const ranks = n * q * (1 - q) < EXACT_VARIANCE ? exactRanks(n, q) : normalRanks(n, q)
  return ranks.lower >= 1 && ranks.upper <= n ? ranks : null
}

const normalRanks = (n: number, q: number): Ranks => {
  const half = Z_TAIL * Math.sqrt(n * q * (1 - q))
  return { lower: Math.floor(n * q - half), upper: Math.ceil(n * q + half) + 1 }
}

/** lower: the largest l with P(X <= l - 1) <= 2.5 %; upper: the smallest u with P(X >= u) <= 2.5 %. */
const exactRanks = (n: number, q: number): Ranks => {
  // what lies 12 standard deviations below the mean weighs less than a rounding error
  const from = Math.max(0, Math.floor(n * q - 12 * Math.sqrt(n * q * (1 - q)) - 12))
  let mass = Math.exp(logBinomial(n, from) + from * Math.log(q) + (n - from) * Math.log1p(-q))
  let below = 0
  let lower = 0
  for (let k = from; k <= n; k++) {
    if (below <= TAIL) lower = k
    if (below >= 1 - TAIL) return { lower, upper: k }
    below += mass
    mass *= ((n - k) / (k + 1)) * (q / (1 - q))
  }
  return { lower, upper: n + 1 }
}

const logBinomial = (n: number, k: number): number => gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
