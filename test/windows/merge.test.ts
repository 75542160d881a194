import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Aggregate } from '../../src/windows/aggregate.ts'
import { createLayout, emptyCells, mergeInto } from '../../src/windows/layout.ts'
import { createScratch, mergePanes, type Node, type NodeCache } from '../../src/windows/merge.ts'
import { packCells } from '../../src/windows/packed-cells.ts'
import { mergeDense } from '../support/merge-oracle.ts'

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

const nodeOf = (cells: Float64Array | null, partition = 0): Node | null =>
  cells && {
    cells: packCells(cells, layout.identities),
    late: 1,
    offsets: new Map([[Math.abs(partition % 3), Math.abs(partition) + 1]]),
  }

const merge = (pane: (index: number) => Float64Array | null, from: number, to: number): Float64Array | null =>
  mergePanes(index => nodeOf(pane(index)), from, to, layout, createScratch())?.cells ?? null

const createCache = (): NodeCache & Readonly<{ hits(): number }> => {
  const nodes = new Map<string, Node>()
  let hits = 0
  return {
    get: (at, width) => {
      const node = nodes.get(`${at} ${width}`)
      if (node) hits++
      return node
    },
    keep: (at, width, node) => void nodes.set(`${at} ${width}`, node),
    hits: () => hits,
  }
}

const panes = fc.array(fc.array(fc.integer({ min: -1000, max: 1000 }), { maxLength: 4 }), { minLength: 1, maxLength: 40 })

describe('merging panes', () => {
  it('gives what all values give: counts and extremes exactly, moments within rounding', () => {
    fc.assert(
      fc.property(panes, fc.integer({ min: -30, max: 30 }), (all, first) => {
        const merged = merge(i => paneOf(all[i - first] ?? []), first, first + all.length)
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
        const once = merge(pane, 5, 17)
        const again = merge(i => (i < 5 || i >= 17 ? paneOf([1e300]) : pane(i)), 5, 17)
        expect(again).toEqual(once)
      }),
    )
  })

  it('of packed cells, some nodes kept from window to window, gives the bits of whole vectors merged afresh', () => {
    const values = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { maxLength: 3 })
    const series = fc.array(values, { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(series, fc.integer({ min: -40, max: 40 }), fc.integer({ min: 1, max: 40 }), (all, first, size) => {
        const pane = (i: number) => paneOf(all[i - first] ?? [])
        const cache = createCache()
        const scratch = createScratch()
        for (let from = first - size + 1; from < first + all.length; from++) {
          const to = from + size
          // the last two panes could still change, as far as the cache knows
          const merged = mergePanes(i => nodeOf(pane(i), i), from, to, layout, scratch, cache, to - 2)
          expect(merged?.cells ?? null).toEqual(mergeDense(pane, from, to, layout))
          const present = Array.from({ length: size }, (_, i) => from + i).filter(i => pane(i) !== null)
          expect(merged?.late ?? 0).toBe(present.length)
          for (const partition of [0, 1, 2]) {
            const ends = present.filter(i => Math.abs(i % 3) === partition).map(i => Math.abs(i) + 1)
            if (ends.length > 0) expect(merged?.offsets.get(partition)).toBe(Math.max(...ends))
          }
        }
      }),
    )
  })

  it('that slides by one pane merges few nodes where nodes are kept', () => {
    const cache = createCache()
    const scratch = createScratch()
    let read = 0
    const pane = (i: number) => {
      read++
      return nodeOf(paneOf([i]))
    }
    for (let from = 0; from < 64; from++) mergePanes(pane, from, from + 64, layout, scratch, cache, from + 64)
    read = 0
    for (let from = 64; from < 128; from++) mergePanes(pane, from, from + 64, layout, scratch, cache, from + 64)
    expect(read / 64).toBeLessThan(3)
    expect(cache.hits()).toBeGreaterThan(0)
  })
})
