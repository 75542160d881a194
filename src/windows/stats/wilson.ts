export type Interval = Readonly<{ low: number; high: number }>

const Z_95 = 1.959963984540054

/**
 * Bounds of a proportion: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927),
 * without continuity correction; statsmodels' `proportion_confint(method='wilson')`. Nothing observed bounds nothing: [0, 1].
 */
export const wilson = (successes: number, n: number, z = Z_95): Interval => {
  if (n === 0) return { low: 0, high: 1 }
  const share = successes / n
  const z2 = z * z
  const scale = 1 + z2 / n
  const centre = (share + z2 / (2 * n)) / scale
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n))
  return {
    low: successes === 0 ? 0 : Math.max(0, centre - half),
    high: successes === n ? 1 : Math.min(1, centre + half),
  }
}
