import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Aggregate } from '../../src/windows/aggregate.ts'
import { createLayout, emptyCells, mergeInto } from '../../src/windows/layout.ts'
import { mergePanes } from '../../src/windows/merge.ts'

const aggregate: Aggregate = {
  name: 'all-kinds',
  runs: [
    { op: 'add', count: 1 },
    { op: 'min', count: 1 },
    { op: 'max', count: 1 },
    { op: 'moments', count: 3 },
  ],
  observe: () => {},
  summarize: () => [],
}
const layout = createLayout([aggregate], '')

const paneOf = (values: readonly number[]): Float64Array | null => {
  if (values.length === 0) return null
  const cells = emptyCells(layout)
  for (const x of values) {
    const one = Float64Array.from([1, x, x, x, 1, x, 0])
    mergeInto(cells, one, layout)
  }
  return cells
}

const panes = fc.array(fc.array(fc.integer({ min: -1000, max: 1000 }), { maxLength: 4 }), { minLength: 1, maxLength: 40 })

describe('merging panes', () => {
  it('gives what all values give: counts and extremes exactly, moments within rounding', () => {
    fc.assert(
      fc.property(panes, fc.integer({ min: -30, max: 30 }), (all, first) => {
        const merged = mergePanes(i => paneOf(all[i - first] ?? []), first, first + all.length, layout)
        const values = all.flat()
        if (values.length === 0) {
          expect(merged).toBeNull()
          return
        }
        const mean = values.reduce((a, b) => a + b, 0) / values.length
        const m2 = values.reduce((a, b) => a + (b - mean) ** 2, 0)
        expect([...(merged ?? [])].slice(0, 5)).toEqual([
          values.length,
          values.reduce((a, b) => a + b, 0),
          Math.min(...values),
          Math.max(...values),
          values.length,
        ])
        expect(merged?.[5]).toBeCloseTo(mean, 6)
        expect(Math.abs((merged?.[6] ?? 0) - m2)).toBeLessThan(1e-6 * Math.max(1, m2))
      }),
    )
  })

  it('depends on absolute pane indexes alone: whoever holds more panes gets the same bits', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 24, maxLength: 24 }), values => {
        const pane = (i: number) => paneOf([values[((i % 24) + 24) % 24]])
        const once = mergePanes(pane, 5, 17, layout)
        const again = mergePanes(i => (i < 5 || i >= 17 ? paneOf([1e300]) : pane(i)), 5, 17, layout)
        expect(again).toEqual(once)
      }),
    )
  })

  it('leaves the panes as they were', () => {
    const kept = [paneOf([1]), paneOf([2]), paneOf([3])]
    const before = kept.map(cells => cells?.slice())
    mergePanes(i => kept[i], 0, 3, layout)
    expect(kept).toEqual(before)
  })
})
