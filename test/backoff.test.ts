import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backoffMs } from '../src/backoff.ts'

const options = { baseMs: 100, maxMs: 5_000 }

test('it doubles up to the limit; chance takes at most half of it away', () => {
  expect([1, 2, 3, 6, 7, 50].map(attempt => backoffMs(attempt, options, () => 1))).toEqual([100, 200, 400, 3_200, 5_000, 5_000])
  expect(backoffMs(3, options, () => 0)).toBe(200)
})

test('however often it failed, the wait is at least half the base and at most the limit', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, chance) => {
      const ms = backoffMs(attempt, options, () => chance)
      return ms >= options.baseMs / 2 && ms <= options.maxMs
    }),
  )
})
