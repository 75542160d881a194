import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { latency } from '../../../src/windows/aggregates/latency.ts'
import { BUCKETS, bucketOf, HIGHEST, LOWEST, lowerBound } from '../../../src/windows/aggregates/latency-buckets.ts'
import { cellsOf, measuresOf } from '../../support/aggregates.ts'
import { columnsOf } from '../../support/event-rows.ts'

const none = { features: [], segments: [], businessRules: [] }
const measures = (latencies: readonly (number | null)[]) =>
  measuresOf(
    latency,
    latencies.map(latencyMs => ({ latencyMs })),
    none,
  )

const exactQuantile = (values: readonly number[], percent: number): number =>
  values.toSorted((a, b) => a - b)[Math.ceil((values.length * percent) / 100) - 1]

describe('latency buckets', () => {
  test('hold what their bounds say', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), drawn => {
        const value = drawn + 0
        const bucket = bucketOf(value)
        expect(value).toBeGreaterThanOrEqual(lowerBound(bucket))
        expect(value).toBeLessThan(lowerBound(bucket + 1))
      }),
    )
  })

  test('begin and end at powers of two, each 1/64 of an octave', () => {
    expect([bucketOf(0), bucketOf(LOWEST), bucketOf(LOWEST * (1 + 1 / 64)), bucketOf(1), bucketOf(2)]).toEqual([
      0, 1, 2, 193, 257,
    ])
    expect(bucketOf(HIGHEST)).toBe(BUCKETS - 1)
    expect(bucketOf(HIGHEST - 2 ** -32)).toBe(BUCKETS - 2)
    expect([lowerBound(1), lowerBound(193), lowerBound(BUCKETS - 1)]).toEqual([1 / 8, 1, 2 ** 20])
  })
})

describe('latency quantiles', () => {
  test('are within 0.8 % of the exact ones, inside bounds that hold them', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -2.9, max: 19.9, noNaN: true }), { minLength: 368, maxLength: 600 }), exponents => {
        const values = exponents.map(exponent => 2 ** exponent)
        const found = measures(values)
        for (const percent of [50, 90, 95, 99]) {
          const { value, low, high, n, status } = found.get(`latency_p${percent}_ms`) ?? {}
          const exact = exactQuantile(values, percent)
          expect({ n, status }).toEqual({ n: values.length, status: 'ok' })
          expect(Math.abs((value ?? 0) / exact - 1)).toBeLessThanOrEqual(1 / 128)
          expect(low).toBeLessThanOrEqual(exact)
          expect(high).toBeGreaterThanOrEqual(exact)
        }
      }),
      { numRuns: 50 },
    )
  })

  test('of 1..1000 ms: value and bounds (ranks 936 and 964 of the p95, scipy binom)', () => {
    const p95 = measures(Array.from({ length: 1000 }, (_, i) => i + 1)).get('latency_p95_ms')
    // 950 lies in [944, 952), 936 in [936, 944), 964 in [960, 968)
    expect(p95).toMatchObject({ value: 948, low: 936, high: 968, n: 1000 })
  })

  test('are not measured where order statistics cannot bound them: the p95 of three events is no p95', () => {
    const statuses = (n: number) =>
      [50, 90, 95, 99].filter(p => measures(new Array<number>(n).fill(5)).get(`latency_p${p}_ms`)?.status === 'ok')
    expect([3, 6, 36, 72, 368].map(statuses)).toEqual([[], [50], [50, 90], [50, 90, 95], [50, 90, 95, 99]])
  })

  test('of equal values are that value, bounds too', () => {
    expect(measures(new Array<number>(400).fill(123.456)).get('latency_p99_ms')).toMatchObject({
      value: 123.456,
      low: 123.456,
      high: 123.456,
    })
  })

  test('below 1/8 ms and above 17 minutes stay inside what was seen', () => {
    const tiny = measures(new Array<number>(10).fill(0.01)).get('latency_p50_ms')
    expect(tiny).toMatchObject({ value: 0.01, low: 0.01, high: 0.01 })
    const huge = measures([...new Array<number>(5).fill(2 ** 21), ...new Array<number>(5).fill(2 ** 22)]).get('latency_p50_ms')
    expect(huge).toMatchObject({ value: 2 ** 22, low: 2 ** 21, high: 2 ** 22 })
  })
})

describe('the rest of latency', () => {
  test('maximum and mean rest on what is a latency; null is not counted, nonsense is counted apart', () => {
    const found = measures([10, null, 30, -5, Number.POSITIVE_INFINITY, Number.NaN, -0])
    expect(found.get('latency_max_ms')).toMatchObject({ value: 30, n: 3 })
    expect(found.get('latency_mean_ms')).toMatchObject({ value: 40 / 3, n: 3 })
    expect(found.get('latency_invalid_ratio')).toMatchObject({ value: 0.4, n: 5 })
  })

  test('0 is one number, whatever its sign', () => {
    const cells = cellsOf(latency, columnsOf([{ latencyMs: 0 }, { latencyMs: -0 }].toReversed(), none))
    expect(cells.some(cell => Object.is(cell, -0))).toBe(false)
  })
})
