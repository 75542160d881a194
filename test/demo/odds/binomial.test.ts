import { describe, expect, it } from 'vitest'
import { binomialHead, binomialTail, normalTail } from './binomial.ts'

describe('tails', () => {
  // summed in exact fractions
  it.each([
    [300, 15, 0.01, 5.330305186116981e-7],
    [20, 10, 0.5, 0.5880985260009766],
    [250, 27, 0.03, 1.3438750965709005e-8],
  ])('P(X >= k) of n = %d, k = %d, p = %d', (n, k, p, tail) => {
    expect(binomialTail(n, k, p) / tail).toBeCloseTo(1, 8)
  })

  it('P(X <= k)', () => {
    expect(1 - binomialTail(1000, 61, 0.1)).toBeCloseTo(4.378819902862792e-6, 10)
    expect(binomialHead(1000, 60, 0.1) / 4.378819902862792e-6).toBeCloseTo(1, 6)
    expect(binomialHead(10, 10, 0.3)).toBe(1)
    expect(binomialTail(10, 11, 0.3)).toBe(0)
  })

  it('P(Z > z), far out too', () => {
    expect(normalTail(3) / 0.0013498980316300957).toBeCloseTo(1, 8)
    expect(normalTail(8) / 6.220960574271819e-16).toBeCloseTo(1, 6)
    expect(normalTail(-1)).toBeCloseTo(0.8413447460685429, 10)
  })
})
