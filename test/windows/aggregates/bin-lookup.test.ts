import fc from 'fast-check'
import { expect, test } from 'vitest'
import { binOf, createBinLookup } from '../../../src/windows/aggregates/bin-lookup.ts'

const edgesBelow = (edges: readonly number[], value: number): number => edges.filter(edge => edge < value).length

const finite = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: -3, max: 3, noNaN: true }),
  fc.integer({ min: -50, max: 50 }),
)
const rising = fc
  .uniqueArray(finite, { maxLength: 120 })
  .map(values => [...new Set(values.map(value => value + 0))].sort((a, b) => a - b))

test('the bin is the number of edges below the value, by table and by search', () => {
  fc.assert(
    fc.property(rising, fc.array(finite), (edges, values) => {
      const lookup = createBinLookup(edges)
      for (const value of [...values, ...edges, -1e150, 1e150]) expect(binOf(lookup, value)).toBe(edgesBelow(edges, value))
    }),
  )
})

test('a value on an edge is in the bin below it: bins are right-closed', () => {
  const lookup = createBinLookup([1, 2, 3])
  expect([0.5, 1, 1.5, 2, 3, 3.5].map(value => binOf(lookup, value))).toEqual([0, 0, 1, 1, 2, 3])
})

test('edges that crowd one cell of the table are searched', () => {
  const crowded = Array.from({ length: 99 }, (_, i) => 1.25 ** i)
  const even = Array.from({ length: 99 }, (_, i) => i)
  expect(createBinLookup(crowded).firsts.length).toBe(0)
  expect(createBinLookup(even).firsts.length).toBeGreaterThan(0)
})

test('no edge, one edge, and edges a double apart or a whole range apart are no special case', () => {
  for (const edges of [[], [7], [-5e-324, 0], [0, 5e-324], [1, 1 + Number.EPSILON], [-1e308, 1e308]]) {
    const lookup = createBinLookup(edges)
    for (const value of [-1e308, -1, -5e-324, 0, 5e-324, 1, 1 + Number.EPSILON, 7, 8, 1e308]) {
      expect(binOf(lookup, value)).toBe(edgesBelow(edges, value))
    }
  }
})
