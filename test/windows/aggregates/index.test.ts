import { describe, expect, test } from 'vitest'
import type { Dictionary } from '../../../src/events/columns.ts'
import { aggregatesFor } from '../../../src/windows/aggregates/index.ts'
import type { CategoricalProfile, NumericProfile, Reference } from '../../../src/windows/reference/reference.ts'
import { measuresOf, modelOf } from '../../support/aggregates.ts'
import type { EventRow } from '../../support/event-rows.ts'

const numeric: NumericProfile = {
  ...{ kind: 'numeric', n: 4, missing: 0, notFinite: 0, mean: 1.5, std: 1.29, min: 0, max: 3 },
  edges: [0, 1, 2],
  counts: [1, 1, 1, 1],
}
const colour: CategoricalProfile = { kind: 'categorical', n: 2, missing: 0, values: [{ value: 'red', count: 2 }] }
const reference: Reference = {
  ...{ format: 1, version: '000000000000', model: 'm', samples: 4, startMs: 0, endMs: 1 },
  features: { size: numeric, colour },
  prediction: numeric,
  segments: {},
}
const dictionary: Dictionary = { features: ['colour', 'free', 'size'], segments: [], businessRules: ['cap'] }
const model = modelOf({
  reference,
  features: { size: { kind: 'numeric', range: [0, 2] }, free: { kind: 'categorical', range: null } },
  itemsAtLeast: [1, 5],
  businessRules: ['cap'],
})

describe('aggregates of a model', () => {
  test('are in one order, whatever the order of a file', () => {
    const names = aggregatesFor(model, dictionary).map(({ name }) => name)
    expect(names).toEqual([
      'traffic',
      'error_ratio',
      'coverage_ratio',
      'fallback_ratio',
      'items_at_least_ratio:1',
      'items_at_least_ratio:5',
      'rule_changed_ratio:cap',
      'latency',
      'prediction',
      'feature:colour',
      'feature:free',
      'feature:size',
    ])
  })

  test('a declared range goes before the reference’s', () => {
    const size = aggregatesFor(model, dictionary).find(({ name }) => name === 'feature:size')
    if (size === undefined) throw new Error('no aggregate of size')
    expect(
      measuresOf(size, [{ features: { size: 2.5 } }, { features: { size: 2 } }], dictionary).get('out_of_range_ratio')?.value,
    ).toBe(0.5)
  })

  test('a name that the decoder was not told of is an error', () => {
    expect(() => aggregatesFor(model, { ...dictionary, features: [] })).toThrow('feature "colour" is not in the dictionary')
    expect(() => aggregatesFor(model, { ...dictionary, businessRules: [] })).toThrow(
      'business rule "cap" is not in the dictionary',
    )
  })

  test('a kind that contradicts the reference is an error that names both', () => {
    const contradiction = modelOf({ reference, features: { colour: { kind: 'numeric', range: null } } })
    expect(() => aggregatesFor(contradiction, dictionary)).toThrow(
      'feature:colour is configured as numeric, but the reference profiles it as categorical',
    )
  })
})

describe('what is measured of all events', () => {
  const effect = (name: string) => [{ rule: 'cap', effect: name, before: null, after: null }]
  const events: readonly EventRow[] = [
    { prediction: 1, itemCount: 5, error: null, ruleEffects: effect('cut') },
    { prediction: null, itemCount: 1, fallback: true, ruleEffects: effect('none') },
    { prediction: null, itemCount: 0, error: 'timeout' },
    { prediction: 'late' },
  ]
  const found = aggregatesFor(modelOf({ itemsAtLeast: [1, 5], businessRules: ['cap'] }), dictionary).flatMap(aggregate => [
    ...measuresOf(aggregate, events, dictionary).values(),
  ])

  test.each([
    ['count', '', 4, 4],
    ['rate_per_second', '', 4 / 60, 4],
    ['error_ratio', '', 1 / 4, 4],
    ['coverage_ratio', '', 2 / 4, 4],
    ['fallback_ratio', '', 1 / 4, 4],
    ['items_at_least_ratio', '1', 2 / 3, 3],
    ['items_at_least_ratio', '5', 1 / 3, 3],
    ['rule_changed_ratio', 'cap', 1 / 4, 4],
  ])('%s %s is %d of n = %i', (metric, subject, value, n) => {
    expect(found.find(measure => measure.metric === metric && measure.subject === subject)).toMatchObject({
      value,
      n,
      status: 'ok',
    })
  })

  test('ratios carry Wilson’s bounds', () => {
    // scipy 1.17.1, binomtest(1, 4).proportion_ci(0.95, 'wilson')
    expect(found.find(({ metric }) => metric === 'error_ratio')).toMatchObject({
      low: expect.closeTo(0.04558726080970055, 12),
      high: expect.closeTo(0.6993581574175981, 12),
    })
  })
})
