/**
 * P(K > x) for Kolmogorov's distribution, the limit law of sqrt(nm / (n + m)) D: A. Kolmogorov, "Sulla determinazione empirica
 * di una legge di distribuzione" (1933). Two series that meet at 1.18, each with terms that fall at once (Marsaglia, Tsang, Wang
 * 2003); relative accuracy is kept in the tail. scipy's `kstwobign.sf`.
 */
export const kolmogorovSurvival = (x: number): number => {
  if (!(x > 0)) return 1
  if (x < 1.18) {
    const q = Math.exp(-(Math.PI * Math.PI) / (8 * x * x))
    const q8 = q ** 8
    return 1 - (Math.sqrt(2 * Math.PI) / x) * q * (1 + q8 * (1 + q8 ** 2 * (1 + q8 ** 3)))
  }
  const q = Math.exp(-2 * x * x)
  return 2 * (q - q ** 4 + q ** 9 - q ** 16)
}

/** Mean of the distribution: sqrt(pi / 2) ln 2. */
export const KOLMOGOROV_MEAN = Math.sqrt(Math.PI / 2) * Math.LN2
