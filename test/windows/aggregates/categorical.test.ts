import { describe, expect, test } from 'vitest'
import { createTextInterner } from '../../../src/events/interner.ts'
import type { FeatureValue } from '../../../src/events/prediction.ts'
import { categorical } from '../../../src/windows/aggregates/categorical.ts'
import { byMetric, cellsOf, measuresOf } from '../../support/aggregates.ts'
import { allRows, columnsOf, type EventRow } from '../../support/event-rows.ts'

const dictionary = { features: ['x'], segments: [], businessRules: [] }
const subject = { aggregate: 'feature:x', name: 'x', column: (columns: ReturnType<typeof columnsOf>) => columns.features[0] }
const profile = {
  kind: 'categorical',
  n: 100,
  missing: 0,
  values: [
    { value: 'red', count: 60 },
    { value: '1', count: 25 },
    { value: 'true', count: 15 },
  ],
} as const
const aggregate = categorical(subject, profile)
const events = (values: readonly (FeatureValue | undefined)[]): readonly EventRow[] =>
  values.map(value => (value === undefined ? {} : { features: { x: value } }))
const repeat = (value: FeatureValue, n: number) => new Array<FeatureValue>(n).fill(value)

describe('a categorical feature', () => {
  test('takes text, numbers by their text and booleans by their name; arrays are of the wrong type', () => {
    const found = measuresOf(
      aggregate,
      events(['red', 1, true, 'true', false, '2', 1.5, Number.NaN, null, undefined, [1]]),
      dictionary,
    )
    expect(found.get('missing_ratio')).toMatchObject({ value: 2 / 11, n: 11 })
    expect(found.get('type_mismatch_ratio')).toMatchObject({ value: 1 / 9, n: 9 })
    expect(found.get('unseen_ratio')).toMatchObject({ value: 4 / 8, n: 8 })
    expect([...found.keys()]).toEqual(['missing_ratio', 'type_mismatch_ratio', 'unseen_ratio', 'psi', 'psi_effect'])
  })

  test('forgets codes when the interner’s generation changes, and keeps those of two interners apart', () => {
    const texts = createTextInterner()
    const other = createTextInterner()
    other.code('a')
    other.code('b')
    const cells = new Float64Array(aggregate.runs[0].count)
    const fold = (value: string, interner: typeof texts): void => {
      const columns = columnsOf(events([value]), dictionary, interner)
      aggregate.observe(cells, 0, columns, allRows(1), 1)
    }
    fold('red', texts)
    fold('red', other)
    texts.clear()
    fold('blue', texts)
    fold('red', texts)
    fold('red', other)
    expect(byMetric(aggregate.summarize(cells, 0, 1000)).get('unseen_ratio')).toMatchObject({ value: 1 / 5, n: 5 })
  })

  test('holds more codes than it began with', () => {
    const many = Array.from({ length: 3000 }, (_, i) => `value-${i}`)
    expect(measuresOf(aggregate, events([...many, 'red']), dictionary).get('unseen_ratio')).toMatchObject({ value: 3000 / 3001 })
  })

  test('is explained by its categories; rare and unseen ones together', () => {
    const cells = cellsOf(
      aggregate,
      columnsOf(events([...repeat('red', 10), ...repeat('1', 80), ...repeat('mauve', 10)]), dictionary),
    )
    const contributors = aggregate.explain?.(cells, 0, 'psi') ?? []
    expect(contributors.map(({ kind, name }) => [kind, name])).toEqual([
      ['category', 'red'],
      ['category', '1'],
      ['category', 'true'],
      ['category', '(unseen)'],
    ])
    const wide = categorical(subject, {
      ...profile,
      n: 103,
      values: [...profile.values, { value: 'x', count: 2 }, { value: 'y', count: 1 }],
    })
    const rare = cellsOf(wide, columnsOf(events([...repeat('red', 50), ...repeat('mauve', 50)]), dictionary))
    expect(wide.explain?.(rare, 0, 'psi')?.map(({ name }) => name)).toContain('(2 rare values and unseen)')
    expect(aggregate.explain?.(cells, 0, 'ks')).toEqual([])
  })

  test('what a cut-off vocabulary left out is unseen on both sides', () => {
    const cut = categorical(subject, { kind: 'categorical', n: 200, missing: 0, values: [{ value: 'a', count: 100 }] })
    const found = measuresOf(cut, events([...repeat('a', 50), ...repeat('b', 50)]), dictionary)
    expect(found.get('unseen_ratio')?.value).toBe(0.5)
    expect(found.get('psi')?.value).toBeLessThan(1e-4)
  })

  test('without a reference is only counted', () => {
    const found = measuresOf(categorical(subject, null), events(['a', null]), dictionary)
    expect([...found.keys()]).toEqual(['missing_ratio', 'type_mismatch_ratio'])
  })
})
