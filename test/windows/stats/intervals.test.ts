import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { benjaminiHochberg } from '../../../src/windows/stats/benjamini-hochberg.ts'
import { quantileRanks } from '../../../src/windows/stats/quantile-ranks.ts'
import { wilson } from '../../../src/windows/stats/wilson.ts'
import { createRandom } from '../../support/random.ts'

describe('Wilson bounds', () => {
  // scipy 1.17.1, binomtest(k, n).proportion_ci(0.95, 'wilson')
  test.each([
    [0, 1, 0, 0.7934506856227626],
    [3, 10, 0.10779126740630102, 0.6032218525388546],
    [10, 10, 0.7224672001371109, 1],
    [147, 9000, 0.013913412324229858, 0.019165963871239575],
    [0, 2500, 0, 0.0015342260617824607],
  ])('of %d in %d', (successes, n, low, high) => {
    const interval = wilson(successes, n)
    expect(interval.low).toBeCloseTo(low, 13)
    expect(interval.high).toBeCloseTo(high, 13)
  })

  test('take another confidence by z', () => {
    // proportion_ci(0.99, 'wilson')
    const { low, high } = wilson(3, 10, 2.5758293035489004)
    expect(low).toBeCloseTo(0.07956631652306578, 13)
    expect(high).toBeCloseTo(0.6799753207988974, 13)
  })

  test('of nothing are all that is possible', () => {
    expect(wilson(0, 0)).toEqual({ low: 0, high: 1 })
  })

  test('hold the share, stay in 0..1, and mirror', () => {
    fc.assert(
      fc.property(fc.nat(1e9), fc.nat(1e9), (a, b) => {
        const n = Math.max(a, b, 1)
        const successes = Math.min(a, b)
        const { low, high } = wilson(successes, n)
        const mirrored = wilson(n - successes, n)
        expect(low).toBeGreaterThanOrEqual(0)
        expect(low).toBeLessThanOrEqual(successes / n)
        expect(high).toBeGreaterThanOrEqual(successes / n)
        expect(high).toBeLessThanOrEqual(1)
        expect(mirrored.low).toBeCloseTo(1 - high, 9)
      }),
    )
  })
})

describe('order-statistic bounds of a quantile', () => {
  // scipy 1.17.1, binom.cdf(arange(n + 1), n, q): the last l with P(X <= l - 1) <= .025, the first u with P(X <= u - 1) >= .975
  test.each([
    [6, 0.5, 1, 6],
    [10, 0.5, 2, 9],
    [100, 0.5, 40, 61],
    [36, 0.9, 29, 36],
    [100, 0.9, 84, 96],
    [72, 0.95, 64, 72],
    [1000, 0.95, 936, 964],
    [7000, 0.95, 6614, 6686],
    [368, 0.99, 360, 368],
    [1000, 0.99, 983, 997],
  ])('n = %d, q = %d: ranks %d and %d', (n, q, lower, upper) => {
    expect(quantileRanks(n, q)).toEqual({ lower, upper })
  })

  test.each([
    [5, 0.5],
    [35, 0.9],
    [71, 0.95],
    [367, 0.99],
    [0, 0.5],
    [3, 0.95],
  ])('n = %d bounds no %d-quantile', (n, q) => {
    expect(quantileRanks(n, q)).toBeNull()
  })

  test('the normal approximation goes on where the exact law ends, at most a rank wider', () => {
    // variance 400: n = 1600 at the median; scipy as above: 760 and 840, 761 and 840
    expect(quantileRanks(1599, 0.5)).toEqual({ lower: 760, upper: 840 })
    expect(quantileRanks(1600, 0.5)).toEqual({ lower: 760, upper: 841 })
  })

  test('cover the true quantile in at least 95 % of samples', () => {
    const random = createRandom(1)
    const samples = 2000
    let covered = 0
    for (let i = 0; i < samples; i++) {
      const values = Float64Array.from({ length: 100 }, random.uniform).sort()
      const ranks = quantileRanks(100, 0.9)
      if (ranks !== null && values[ranks.lower - 1] <= 0.9 && values[ranks.upper - 1] >= 0.9) covered++
    }
    expect(covered / samples).toBeGreaterThan(0.95)
    expect(covered / samples).toBeLessThan(0.98)
  })
})

describe('Benjamini-Hochberg', () => {
  // scipy 1.17.1, stats.false_discovery_control
  test.each([
    [
      [0.01, 0.02, 0.03, 0.04, 0.05, 0.5, 1e-9],
      [0.035, 0.04666666666666667, 0.0525, 0.056, 0.05833333333333334, 0.5, 7e-9],
    ],
    [
      [0.9, 0.2, 0.2, 0.01],
      [0.9, 0.26666666666666666, 0.26666666666666666, 0.04],
    ],
    [[], []],
    [[0.3], [0.3]],
  ])('of %j is %j, in the order given', (pValues, expected) => {
    const adjusted = benjaminiHochberg(pValues)
    expect(adjusted).toHaveLength(expected.length)
    adjusted.forEach((p, i) => {
      expect(p).toBeCloseTo(expected[i], 14)
    })
  })

  test('never lowers a p-value, keeps their order, and does not care how they are listed', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }), pValues => {
        const adjusted = benjaminiHochberg(pValues)
        const reversed = benjaminiHochberg(pValues.toReversed()).toReversed()
        expect(reversed).toEqual(adjusted)
        pValues.forEach((p, i) => {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p)
          expect(adjusted[i]).toBeLessThanOrEqual(1)
          pValues.forEach((other, j) => {
            if (p < other) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j])
          })
        })
      }),
    )
  })
})
