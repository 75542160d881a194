import { describe, expect, it } from 'vitest'
import { byRank, createRandom, referenceSeed, xoshiro128 } from '../../src/demo/random.ts'
import { freshSeed } from './seed.ts'

describe('random numbers', () => {
  it('are those of the authors C code', () => {
    const next = xoshiro128([0x964d4a0c, 0xd40ab895, 0xad7fdecb, 0x3006f0f0])
    expect([next(), next(), next(), next()]).toEqual([0xf1391922, 0x6fe53806, 0xa5be2840, 0xf510ee70])
  })

  it('are the same for the same seed and others for the next one', () => {
    const draw = (seed: number) => Array.from({ length: 5 }, createRandom(seed).uniform)
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
  })

  it('have the moments of their laws, within six standard errors', () => {
    const random = createRandom(freshSeed('moments'))
    const n = 100_000
    const standardErrors = (draw: () => number, mean: number, sd: number): number => {
      let sum = 0
      for (let i = 0; i < n; i++) sum += draw()
      return Math.abs(sum / n - mean) / (sd / Math.sqrt(n))
    }
    expect(standardErrors(random.uniform, 1 / 2, Math.sqrt(1 / 12))).toBeLessThan(6)
    expect(standardErrors(random.normal, 0, 1)).toBeLessThan(6)
    expect(standardErrors(() => random.normal() ** 2, 1, Math.SQRT2)).toBeLessThan(6)
    expect(standardErrors(random.exponential, 1, 1)).toBeLessThan(6)
    expect(standardErrors(() => random.exponential() ** 2, 2, Math.sqrt(20))).toBeLessThan(6)
    expect(standardErrors(() => random.poisson(5), 5, Math.sqrt(5))).toBeLessThan(6)
  })

  it('pick values by rank', () => {
    const at = byRank([
      { value: 'a', share: 0.2 },
      { value: 'b', share: 0.5 },
      { value: 'c', share: 0.3 },
    ])
    expect([0.001, 0.19, 0.21, 0.69, 0.71, 0.999].map(at)).toEqual(['a', 'a', 'b', 'b', 'c', 'c'])
  })

  it('never give a reference the seed of its stream', () => {
    for (const seed of [0, 1, 2 ** 31, 2 ** 32 - 1]) {
      expect(referenceSeed(seed)).not.toBe(seed)
      expect(referenceSeed(referenceSeed(seed))).toBe(seed)
    }
  })
})
