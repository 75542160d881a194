import { describe, expect, test } from 'vitest'
import { chiSquareSurvival, upperGamma } from '../../../src/windows/stats/chi-square.ts'
import { KOLMOGOROV_MEAN, kolmogorovSurvival } from '../../../src/windows/stats/kolmogorov.ts'

const relativeError = (actual: number, expected: number): number => Math.abs(actual - expected) / expected

describe('chi-square survival', () => {
  // mpmath 1.3, gammainc(df / 2, x / 2, inf, regularized=True) with 40 digits
  test.each([
    [3.841458820694124, 1, 0.05000000000000006],
    [0.5, 1, 0.4795001221869535],
    [18.307038053275146, 10, 0.05000000000000001],
    [5, 4, 0.2872974951836458],
    [30.143527205646155, 19, 0.05000000000000005],
    [1, 19, 0.999999999224061],
    [250, 99, 4.844312411385372e-15],
    [90, 99, 0.7298344102846511],
    [1284.898953, 2, 9.721593431638016e-280],
    [1385, 19, 2.105630681048964e-282],
    [1500, 40, 6.78166673230225e-289],
    [2000, 600, 7.093411985905323e-150],
  ])('of %d with %d degrees of freedom is %d', (x, df, expected) => {
    expect(relativeError(chiSquareSurvival(x, df), expected)).toBeLessThan(1e-12)
  })

  test('is 1 at 0, 0 at infinity, and falls between', () => {
    for (const df of [1, 2, 7, 19, 167]) {
      expect(chiSquareSurvival(0, df)).toBe(1)
      expect(chiSquareSurvival(Number.POSITIVE_INFINITY, df)).toBe(0)
      const rising = Array.from({ length: 2400 }, (_, i) => chiSquareSurvival(i / 4, df)).find(
        (p, i, all) => i > 0 && p > all[i - 1],
      )
      expect(rising).toBeUndefined()
    }
  })

  test('without a degree of freedom is 1: one bin is no evidence', () => {
    expect(chiSquareSurvival(0, 0)).toBe(1)
  })

  test('of nonsense is an error, never NaN', () => {
    expect(() => upperGamma(0, 1)).toThrow(RangeError)
    expect(() => upperGamma(1, Number.NaN)).toThrow(RangeError)
  })
})

describe('Kolmogorov survival', () => {
  // scipy 1.17.1, stats.kstwobign.sf; at .2 mpmath, where scipy has lost digits of 1 - p
  test.each([
    [0.2, 0.999999999999495],
    [0.5, 0.9639452436648751],
    [0.8, 0.5441424115741981],
    [1.1799, 0.12351204971188676],
    [1.18, 0.1234538094297657],
    [1.3580986393225507, 0.049999999999999975],
    [2, 0.0006709252557796953],
    [5, 3.8574996959278356e-22],
    [18.5, 1.0628136728909079e-297],
  ])('of %d is %d', (x, expected) => {
    expect(relativeError(kolmogorovSurvival(x), expected)).toBeLessThan(1e-13)
  })

  test('is 1 at and below 0', () => {
    expect(kolmogorovSurvival(0)).toBe(1)
    expect(kolmogorovSurvival(-1)).toBe(1)
  })

  test('has the mean that effects are corrected by', () => {
    // scipy 1.17.1, stats.kstwobign.mean()
    expect(relativeError(KOLMOGOROV_MEAN, 0.8687311606312806)).toBeLessThan(1e-9)
    let area = 0
    for (let x = 0.0005; x < 8; x += 0.001) area += kolmogorovSurvival(x) * 0.001
    expect(relativeError(area, KOLMOGOROV_MEAN)).toBeLessThan(1e-6)
  })
})
