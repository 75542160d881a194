import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ValueKind } from '../../../src/events/columns.ts'
import type { FeatureValue } from '../../../src/events/prediction.ts'
import { binName } from '../../../src/windows/aggregates/bin-names.ts'
import { plainNumeric } from '../../../src/windows/aggregates/numeric-plain.ts'
import { profiledNumeric } from '../../../src/windows/aggregates/numeric-profiled.ts'
import type { NumericProfile } from '../../../src/windows/reference/reference.ts'
import { createValueSample } from '../../../src/windows/reference/value-sample.ts'
import { byMetric, cellsOf, measuresOf } from '../../support/aggregates.ts'
import { columnsOf, type EventRow } from '../../support/event-rows.ts'
import { normal } from '../../support/normal.ts'
import { createRandom } from '../../support/random.ts'

const dictionary = { features: ['x'], segments: [], businessRules: [] }
const subject = { aggregate: 'feature:x', name: 'x', column: (columns: ReturnType<typeof columnsOf>) => columns.features[0] }

const profileOf = (values: readonly number[]): NumericProfile => {
  const sample = createValueSample()
  for (const value of values) sample.add(value)
  const profile = sample.profile(values.length, 'numeric', { bins: 100, categories: 10 })
  if (profile?.kind !== 'numeric') throw new Error('no values')
  return profile
}

const events = (values: readonly (FeatureValue | undefined)[]): readonly EventRow[] =>
  values.map(value => (value === undefined ? {} : { features: { x: value } }))

const random = createRandom(1)
const reference = Array.from({ length: 1000 }, () => normal(random))
const profiled = profiledNumeric(subject, profileOf(reference), null)

const kinds = [
  ['with a reference', profiledNumeric(subject, profileOf([-2, 0, 2, 4]), [0, 10])],
  ['without a reference', plainNumeric(subject, [0, 10])],
] as const

describe.each(kinds)('a numeric feature %s', (_name, aggregate) => {
  const measures = (values: readonly (FeatureValue | undefined)[]) => measuresOf(aggregate, events(values), dictionary)

  test('counts what is missing, of the wrong type, not finite and out of range, each of its own denominator', () => {
    // 2 missing of 12, 3 wrong of the 10 that are there, 4 not finite of the 7 numbers, 1 out of range of the 3 that are finite
    const found = measures([null, undefined, 'red', true, [1], Number.NaN, 1e308, 1 / 0, -1 / 0, 0, 10, 10.5])
    expect(found.get('missing_ratio')).toMatchObject({ value: 2 / 12, n: 12 })
    expect(found.get('type_mismatch_ratio')).toMatchObject({ value: 3 / 10, n: 10 })
    expect(found.get('not_finite_ratio')).toMatchObject({ value: 4 / 7, n: 7 })
    expect(found.get('out_of_range_ratio')).toMatchObject({ value: 1 / 3, n: 3 })
    expect(found.get('max')).toMatchObject({ value: 10.5, n: 3 })
  })

  test('does not count a payload that sampling dropped: not as missing, not as of the wrong type', () => {
    const columns = columnsOf(events([1, 2, 3]), dictionary)
    columns.features[0].kinds[1] = ValueKind.dropped
    const found = byMetric(aggregate.summarize(cellsOf(aggregate, columns), 0, 60_000))
    expect(found.get('missing_ratio')).toMatchObject({ value: 0, n: 2 })
    expect(found.get('type_mismatch_ratio')).toMatchObject({ value: 0, n: 2 })
  })

  test('mean, sample std, minimum and maximum', () => {
    const found = measures([2, 4, 4, 4, 5, 5, 7, 9])
    expect(['mean', 'std', 'min', 'max'].map(metric => found.get(metric)?.value)).toEqual([
      5,
      expect.closeTo(Math.sqrt(32 / 7), 12),
      2,
      9,
    ])
  })

  test('zeros of both signs are one number, whichever came first', () => {
    for (const zeros of [
      [0, -0],
      [-0, 0],
    ]) {
      const cells = cellsOf(aggregate, columnsOf(events(zeros), dictionary))
      expect(cells.some(cell => Object.is(cell, -0))).toBe(false)
    }
  })

  test('a mean needs one value, a std two', () => {
    const statuses = (values: readonly FeatureValue[]) =>
      ['mean', 'std', 'min'].map(metric => measures(values).get(metric)?.status)
    expect(statuses(['red'])).toEqual(['not_enough_data', 'not_enough_data', 'not_enough_data'])
    expect(statuses([3])).toEqual(['ok', 'not_enough_data', 'ok'])
    expect(statuses([3, 3])).toEqual(['ok', 'ok', 'ok'])
  })

  test('equal values have exactly that mean and a std of exactly 0, however far from the reference', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e150, max: 1e150, noNaN: true }), fc.integer({ min: 2, max: 50 }), (value, n) => {
        const found = measures(new Array<number>(n).fill(value))
        expect(found.get('mean')?.value).toBe(value + 0)
        expect(found.get('std')?.value).toBe(0)
      }),
    )
  })

  test('mean and std agree with two passes over the values', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 2 }), values => {
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length
        const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
        const found = measures(values)
        expect(found.get('mean')?.value).toBeCloseTo(mean, 9)
        expect(found.get('std')?.value).toBeCloseTo(std, 5)
      }),
    )
  })
})

describe('moments around the reference’s mean', () => {
  test('keep the variance at mean 1e9, where plain sums of squares go negative', () => {
    const at1e9 = (n: number) => Array.from({ length: n }, () => 1e9 + normal(random))
    const aggregate = profiledNumeric(subject, profileOf(at1e9(1000)), null)
    expect(measuresOf(aggregate, events(at1e9(5000)), dictionary).get('std')?.value).toBeCloseTo(1, 1)
  })
})

describe('drift of a numeric feature', () => {
  test('is measured by every test, with an effect and one p-value', () => {
    const found = measuresOf(profiled, events(Array.from({ length: 500 }, () => normal(random) + 0.5)), dictionary)
    for (const test of ['ks', 'psi']) {
      const [value, effect] = [found.get(test), found.get(`${test}_effect`)]
      expect(value).toMatchObject({ status: 'ok', n: 500, pValue: effect?.pValue })
      expect(effect?.value).toBeLessThan(value?.value ?? 0)
      expect(value?.pValue).toBeLessThan(1e-6)
    }
  })

  test('is not enough data below 25 values, or with a reference of three rows', () => {
    const few = measuresOf(profiled, events(reference.slice(0, 24)), dictionary)
    expect(few.get('ks')).toMatchObject({ value: null, pValue: null, n: 24, status: 'not_enough_data' })
    const thin = profiledNumeric(subject, profileOf([1, 2, 3]), null)
    expect(measuresOf(thin, events(reference), dictionary).get('psi_effect')).toMatchObject({
      value: null,
      status: 'not_enough_data',
    })
  })

  test('of a constant reference sees both directions', () => {
    const constant = profiledNumeric(subject, profileOf(new Array<number>(100).fill(3)), null)
    const ksOf = (value: number) => measuresOf(constant, events(new Array<number>(50).fill(value)), dictionary).get('ks')?.value
    expect([ksOf(3), ksOf(2), ksOf(4)]).toEqual([0, 1, 1])
  })

  test('is explained by its bins, the largest contribution first, with names that can be read', () => {
    const cells = cellsOf(profiled, columnsOf(events(Array.from({ length: 500 }, () => normal(random) + 1)), dictionary))
    const [first, ...rest] = profiled.explain?.(cells, 0, 'psi_effect') ?? []
    expect(first).toMatchObject({ kind: 'bin', name: expect.stringMatching(/^\([\d.]+, \+inf\)$/) })
    expect(first.share).toBeGreaterThan(first.referenceShare ?? 1)
    expect(rest).toHaveLength(4)
    expect(rest.every((bin, i) => bin.contribution <= [first, ...rest][i].contribution)).toBe(true)
    expect(profiled.explain?.(cells, 0, 'ks')?.[0].name).toBe(first.name)
    expect(profiled.explain?.(cells, 0, 'missing_ratio')).toEqual([])
  })
})

describe('names of bins', () => {
  test.each([
    [[12.5, 14.1], 1, 1, '(12.5, 14.1]'],
    [[12.5, 14.1], 0, 0, '(-inf, 12.5]'],
    [[12.5, 14.1], 2, 2, '(14.1, +inf)'],
    [[12.5, 14.1], 0, 2, '(-inf, +inf)'],
    [[1 / 3, 2 / 3, 1], 1, 2, '(0.333, 1]'],
    [[1_000_001, 1_000_002], 1, 1, '(1000001, 1000002]'],
    [[-5e-324, 0, 0.1], 0, 0, '(-inf, 0)'],
    [[-5e-324, 0, 0.1], 1, 1, '[0, 0]'],
    [[-5e-324, 0, 0.1], 1, 2, '[0, 0.1]'],
  ])('edges %j, bins %i to %i: %s', (edges, first, last, name) => {
    expect(binName(edges, first, last)).toBe(name)
  })
})
