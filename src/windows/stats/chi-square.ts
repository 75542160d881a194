import { gammaln } from 'simple-statistics'

const EPSILON = Number.EPSILON
/** Both expansions need about sqrt(a) steps near x = a; this is a stop for a bug, not a limit of use. */
const MAX_STEPS = 100_000

/**
 * Q(a, x), the regularized upper incomplete gamma function: the power series of P below x = a + 1, Legendre's continued fraction
 * by Lentz's method above (Press et al., Numerical Recipes, 6.2). The tail keeps its relative accuracy down to 1e-300, because
 * nothing is subtracted from 1 there. scipy's `gammaincc`.
 */
export const upperGamma = (a: number, x: number): number => {
  if (!(a > 0) || Number.isNaN(x)) throw new RangeError(`upperGamma needs a > 0 and a number x, not a = ${a}, x = ${x}`)
  if (x <= 0) return 1
  if (x === Number.POSITIVE_INFINITY) return 0
  const factor = Math.exp(a * Math.log(x) - x - gammaln(a))
  return x < a + 1 ? Math.max(0, 1 - factor * lowerSeries(a, x)) : Math.min(1, factor * upperFraction(a, x))
}

const lowerSeries = (a: number, x: number): number => {
  let term = 1 / a
  let sum = term
  for (let i = 1; i < MAX_STEPS && term > sum * EPSILON; i++) {
    term *= x / (a + i)
    sum += term
  }
  return sum
}

const upperFraction = (a: number, x: number): number => {
  let b = x + 1 - a
  let c = Number.MAX_VALUE
  let d = 1 / b
  let fraction = d
  for (let i = 1; i < MAX_STEPS; i++) {
    const numerator = -i * (i - a)
    b += 2
    d = 1 / (numerator * d + b)
    c = b + numerator / c
    const step = c * d
    fraction *= step
    if (Math.abs(step - 1) <= EPSILON) break
  }
  return fraction
}

/** P(X >= statistic) for chi-square with `df` degrees of freedom; scipy's `chi2.sf`. No degree of freedom, no evidence: 1. */
export const chiSquareSurvival = (statistic: number, df: number): number => (df === 0 ? 1 : upperGamma(df / 2, statistic / 2))
