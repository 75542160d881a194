import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createArchiveMemory } from '../../../src/roles/archive/memory.ts'
import { createBudget } from '../../../src/roles/budget.ts'
import { configOf } from '../../../src/roles/start.ts'
import { testConfig } from '../../support/config.ts'

const MIB = 2 ** 20

describe('the archive’s share of memory', () => {
  test('whatever is configured, a fetch and a request fit side by side, and a fetch is no larger than configured', () => {
    const bytes = fc.integer({ min: 4 * MIB, max: 2 ** 40 })
    fc.assert(
      fc.property(
        bytes,
        fc.integer({ min: 1024, max: 2 ** 30 }),
        fc.integer({ min: 1, max: 10_000 }),
        (limit, fetch, partitions) => {
          const { fetchMaxBytes, limits } = createArchiveMemory(createBudget(limit), fetch, partitions)
          expect(2 * fetchMaxBytes + limits.maxHeldBytes).toBeLessThanOrEqual(limit)
          expect(fetchMaxBytes).toBeLessThanOrEqual(fetch)
          expect(fetchMaxBytes).toBeGreaterThanOrEqual(Math.min(fetch, 256 * 1024))
          expect(2 * limits.maxBytes).toBeLessThanOrEqual(limits.maxHeldBytes)
        },
      ),
    )
  })

  test('lets every partition wait at the log’s end at once, where that leaves fetches of some size', () => {
    for (const partitions of [1, 4, 30, 100]) {
      const { fetchMaxBytes } = createArchiveMemory(createBudget(256 * MIB), MIB, partitions)
      expect(2 * fetchMaxBytes * partitions).toBeLessThanOrEqual(64 * MIB)
    }
    expect(createArchiveMemory(createBudget(256 * MIB), MIB, 8).fetchMaxBytes).toBe(MIB)
  })
})

describe('budget.memory', () => {
  const config = testConfig()
  const of = (role: 'monitor' | 'archive', roles: readonly ('monitor' | 'archive')[]) =>
    configOf(role, { config, roles }).budget.memoryBytes / config.budget.memoryBytes

  test('is one role’s alone, or three quarters the monitor’s and one the archive’s', () => {
    expect([of('monitor', ['monitor']), of('archive', ['archive'])]).toEqual([1, 1])
    expect([of('monitor', ['monitor', 'archive']), of('archive', ['archive', 'monitor'])]).toEqual([0.75, 0.25])
  })
})
