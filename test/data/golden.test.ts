import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { Dictionary } from '../../src/events/columns.ts'
import { createTextInterner } from '../../src/events/interner.ts'
import { aggregatesFor } from '../../src/windows/aggregates/index.ts'
import { createLayout, emptyCells } from '../../src/windows/layout.ts'
import type { Measure } from '../../src/windows/measure.ts'
import { createReferenceBuilder, type ReferenceEvent } from '../../src/windows/reference/build.ts'
import { validateReference } from '../../src/windows/reference/validate.ts'
import { modelOf } from '../support/aggregates.ts'
import { allRows, columnsOf } from '../support/event-rows.ts'
import { describeRealData } from '../support/real-data.ts'

const DAY_MS = 86_400_000
const WEEK_MS = 7 * DAY_MS
/** 1970-01-05, the first Monday of the epoch. */
const MONDAY_MS = 4 * DAY_MS

const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex')

const readLines = (file: string): readonly ReferenceEvent[] =>
  gunzipSync(readFileSync(file))
    .toString()
    .split('\n')
    .filter(line => line !== '')
    .map(line => {
      const event = JSON.parse(line)
      return { context: '', operation: '', gateway: '', sampled: true, segments: {}, ...event, time: Date.parse(event.time) }
    })

type GoldenWeek = Readonly<{
  start: string
  n: number
  numeric: Readonly<Record<string, Readonly<{ n: number; missing: number; mean: number; std: number; ks: number }>>>
  categorical: Readonly<
    Record<string, Readonly<{ n: number; missing: number; counts: Record<string, number>; unseen: Record<string, number> }>>
  >
}>

const buildReference = (model: string, events: readonly ReferenceEvent[]) => {
  const builder = createReferenceBuilder(model, { sha256Hex })
  for (const event of events) builder.add(event)
  return builder.finish()
}

describeRealData(
  'the weeks of the bikes, against golden.json',
  ['golden.json', 'bikes/reference-predictions.ndjson.gz', 'bikes/predictions.ndjson.gz'],
  dir => {
    const golden: Readonly<{ bikes: Readonly<{ weeks: readonly GoldenWeek[] }> }> = JSON.parse(
      readFileSync(join(dir, 'golden.json'), 'utf8'),
    )
    const { weeks } = golden.bikes
    const reference = buildReference('bike-demand', readLines(join(dir, 'bikes/reference-predictions.ndjson.gz')))
    const dictionary: Dictionary = { features: Object.keys(reference.features).sort(), segments: [], businessRules: [] }
    const aggregates = aggregatesFor(modelOf({ name: 'bike-demand', reference }), dictionary)
    const layout = createLayout(aggregates, reference.version)

    const byWeek = new Map<number, ReferenceEvent[]>()
    for (const event of readLines(join(dir, 'bikes/predictions.ndjson.gz'))) {
      const start = Math.floor((event.time - MONDAY_MS) / WEEK_MS) * WEEK_MS + MONDAY_MS
      byWeek.set(start, [...(byWeek.get(start) ?? []), event])
    }
    const texts = createTextInterner()
    const measured = new Map(
      [...byWeek].map(([start, events]): [number, readonly Measure[]] => {
        const cells = emptyCells(layout)
        const columns = columnsOf(events, dictionary, texts)
        aggregates.forEach((aggregate, i) => {
          aggregate.observe(cells, layout.starts[i], columns, allRows(events.length), events.length)
        })
        return [start, aggregates.flatMap((aggregate, i) => aggregate.summarize(cells, layout.starts[i], WEEK_MS))]
      }),
    )
    const measureOf = (week: GoldenWeek, metric: string, subject: string): Measure => {
      const found = measured.get(Date.parse(week.start))?.find(m => m.metric === metric && m.subject === subject)
      if (found === undefined) throw new Error(`no ${metric} of ${subject} in the week of ${week.start}`)
      return found
    }
    const numeric = weeks.flatMap(week => Object.entries(week.numeric).map(([name, expected]) => ({ week, name, expected })))
    const categorical = weeks.flatMap(week =>
      Object.entries(week.categorical).map(([name, expected]) => ({ week, name, expected })),
    )

    test('there are 80 weeks, the same as the golden ones, with numeric and categorical features in each', () => {
      expect([...byWeek.keys()]).toEqual(weeks.map(({ start }) => Date.parse(start)))
      expect(weeks).toHaveLength(80)
      expect([numeric.length, categorical.length]).toEqual([320, 240])
    })

    test('the reference is of the known size and kinds, and survives its own file', () => {
      expect(reference.samples).toBe(2164)
      const kinds = Object.entries(reference.features).map(([name, { kind }]) => `${name} ${kind}`)
      expect(kinds.filter(kind => kind.endsWith('numeric'))).toEqual(
        ['atemp', 'hr', 'hum', 'temp', 'windspeed'].map(name => `${name} numeric`),
      )
      expect(kinds).toHaveLength(9)
      expect(reference.prediction?.kind).toBe('numeric')
      expect(reference.segments).toMatchObject({ daytype: ['workday', 'weekend-or-holiday'], operation: ['predict'] })
      expect(validateReference(JSON.parse(JSON.stringify(reference)), sha256Hex)).toEqual({ kind: 'ok', reference })
    })

    test('counts and missing values are exact', () => {
      for (const week of weeks) expect(measureOf(week, 'count', '').value).toBe(week.n)
      for (const { week, name, expected } of [...numeric, ...categorical]) {
        const missing = measureOf(week, 'missing_ratio', name)
        expect(missing).toMatchObject({ n: week.n, value: expected.missing / week.n })
        expect(missing.n - expected.missing).toBe(expected.n)
      }
      for (const { week, name, expected } of numeric) expect(measureOf(week, 'mean', name).n).toBe(expected.n)
    })

    test('mean and std within 1e-9 relative', () => {
      for (const { week, name, expected } of numeric) {
        for (const metric of ['mean', 'std'] as const) {
          const value = measureOf(week, metric, name).value ?? Number.NaN
          // golden numbers have 10 significant digits: half a unit of the last one is up to 5e-10
          expect(Math.abs(value - expected[metric]), `${metric} of ${name}, ${week.start}`).toBeLessThanOrEqual(
            1e-9 * Math.abs(expected[metric]),
          )
        }
      }
    })

    test('KS equals the exact one where every value has its bin, and is at most .0067 below it for hum (83 values)', () => {
      let lowest = 0
      for (const { week, name, expected } of numeric) {
        const { value, n } = measureOf(week, 'ks', name)
        if (n < 25) {
          expect(value, `${name}, ${week.start}`).toBeNull()
          continue
        }
        const error = (value ?? Number.NaN) - expected.ks
        if (name === 'hum') {
          lowest = Math.min(lowest, error)
          expect(error).toBeLessThan(1e-9)
        } else expect(Math.abs(error), `${name}, ${week.start}`).toBeLessThan(1e-9)
      }
      expect(lowest).toBeGreaterThan(-0.00675)
    })

    test('hr is the control: no drift in any complete week', () => {
      const complete = weeks.filter(({ n }) => n === 168)
      expect(complete).toHaveLength(58)
      for (const week of complete) {
        expect(measureOf(week, 'ks', 'hr').value).toBeCloseTo(0.0106284658, 10)
        expect(measureOf(week, 'ks', 'hr').pValue).toBeGreaterThan(0.99)
        expect(measureOf(week, 'psi_effect', 'hr').value).toBeLessThan(0)
        expect(measureOf(week, 'mean', 'hr').value).toBeCloseTo(11.5, 10)
      }
    })

    test('unseen values are counted exactly, and there are some', () => {
      let total = 0
      for (const { week, name, expected } of categorical) {
        const unseen = Object.values(expected.unseen).reduce((sum, count) => sum + count, 0)
        const { value, n } = measureOf(week, 'unseen_ratio', name)
        expect([n, value]).toEqual([expected.n, unseen / expected.n])
        total += unseen
      }
      // season "4" 4,232 times, weathersit "4" twice
      expect(total).toBe(4234)
    })
  },
)
