import { gammaln } from 'simple-statistics'
import { chiSquareSurvival } from '../../../src/windows/stats/chi-square.ts'

/** P(X >= k), X binomial(n, p): summed term by term, accurate where it is small. */
export const binomialTail = (n: number, k: number, p: number): number => {
  if (k <= 0) return 1
  if (k > n) return 0
  const odds = p / (1 - p)
  let term = Math.exp(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + k * Math.log(p) + (n - k) * Math.log1p(-p))
  let sum = 0
  for (let i = k; i <= n && term > sum * 1e-17; i++) {
    sum += term
    term *= ((n - i) / (i + 1)) * odds
  }
  return Math.min(1, sum)
}

/** P(X <= k). */
export const binomialHead = (n: number, k: number, p: number): number => binomialTail(n, n - k, 1 - p)

/** P(Z > z), Z standard normal. */
export const normalTail = (z: number): number => {
  const tail = chiSquareSurvival(z * z, 1) / 2
  return z >= 0 ? tail : 1 - tail
}
