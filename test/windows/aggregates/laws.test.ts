import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Dictionary, ValueKind } from '../../../src/events/columns.ts'
import type { FeatureValue } from '../../../src/events/prediction.ts'
import { aggregatesFor } from '../../../src/windows/aggregates/index.ts'
import { createLayout, emptyCells, mergeInto } from '../../../src/windows/layout.ts'
import type { Measure } from '../../../src/windows/measure.ts'
import { createReferenceBuilder } from '../../../src/windows/reference/build.ts'
import { modelOf } from '../../support/aggregates.ts'
import { allRows, columnsOf, type EventRow } from '../../support/event-rows.ts'
import { normal } from '../../support/normal.ts'
import { createRandom } from '../../support/random.ts'

const dictionary: Dictionary = { features: ['amount', 'colour', 'free', 'sky'], segments: [], businessRules: ['cap'] }

const reference = () => {
  const random = createRandom(4)
  const builder = createReferenceBuilder('m', { sha256Hex: text => createHash('sha256').update(text).digest('hex') })
  for (let i = 0; i < 500; i++) {
    builder.add({
      ...{ time: i, model: 'm', context: '', operation: '', gateway: '', segments: {}, sampled: true },
      features: { amount: normal(random), colour: ['red', 'green', 'blue'][random.below(3)] },
      prediction: random.uniform() < 0.3,
    })
  }
  return builder.finish()
}

/** Every family of aggregates, features with and without a reference. */
const aggregates = aggregatesFor(
  modelOf({
    reference: reference(),
    features: { free: { kind: 'numeric', range: [0, 1] }, sky: { kind: 'categorical', range: null } },
    itemsAtLeast: [1, 5],
    businessRules: ['cap'],
  }),
  dictionary,
)
const layout = createLayout(aggregates, '')

/** Values that break what is not careful: zeros of both signs, denormals, overflow, the ends of the range, wrong kinds. */
const nastyNumber = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    5e-324,
    -5e-324,
    1e308,
    -1e308,
    1e150,
    -1e150,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ),
  fc.double({ min: -4, max: 4, noNaN: true }),
  fc.double(),
)
const anyValue: fc.Arbitrary<FeatureValue> = fc.oneof(
  { weight: 4, arbitrary: nastyNumber },
  { weight: 3, arbitrary: fc.constantFrom('red', 'green', 'blue', 'mauve', '', 'NaN', '1', '__proto__') },
  { weight: 1, arbitrary: fc.constantFrom<FeatureValue>(null, true, false, [1, 2]) },
)
const scalar = (value: FeatureValue): null | number | string | boolean => (typeof value === 'object' ? null : value)
const anyEvent: fc.Arbitrary<EventRow> = fc.record({
  features: fc.dictionary(fc.constantFrom(...dictionary.features), anyValue),
  prediction: anyValue.map(scalar),
  latencyMs: fc.oneof(nastyNumber, fc.double({ min: 0, max: 5000, noNaN: true }), fc.constant(null)),
  itemCount: fc.option(fc.nat(10)),
  error: fc.option(fc.constant('timeout')),
  fallback: fc.boolean(),
  ruleEffects: fc.array(
    fc.record({
      rule: fc.constant('cap'),
      effect: fc.constantFrom('none', 'cut'),
      before: fc.constant(null),
      after: fc.constant(null),
    }),
    {
      maxLength: 2,
    },
  ),
})

const fold = (cells: Float64Array, columns: ReturnType<typeof columnsOf>, rows: Int32Array): Float64Array => {
  aggregates.forEach((aggregate, i) => {
    aggregate.observe(cells, layout.starts[i], columns, rows, rows.length)
  })
  return cells
}

const bytes = (cells: Float64Array): string => Buffer.from(cells.buffer, cells.byteOffset, cells.byteLength).toString('hex')
const summaries = (cells: Float64Array) =>
  aggregates.flatMap((aggregate, i) => aggregate.summarize(cells, layout.starts[i], 60_000))

describe('every aggregate', () => {
  test('gives the same bytes however the rows were cut into calls and blocks', () => {
    //  one call   |----------------|
    //  cut        |---|-|--------|-|
    //  blocks     [     ] [        ]   each with an interner of its own
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 40 }), fc.array(fc.nat(40), { maxLength: 6 }), (events, points) => {
        const whole = fold(emptyCells(layout), columnsOf(events, dictionary), allRows(events.length))
        const ends = [...points.filter(p => p < events.length), events.length].sort((a, b) => a - b)

        const cut = emptyCells(layout)
        const columns = columnsOf(events, dictionary)
        ends.forEach((end, i) => {
          fold(cut, columns, allRows(events.length).subarray(ends[i - 1] ?? 0, end))
        })
        expect(bytes(cut)).toBe(bytes(whole))

        const blocks = emptyCells(layout)
        ends.forEach((end, i) => {
          const block = events.slice(ends[i - 1] ?? 0, end)
          fold(blocks, columnsOf(block, dictionary), allRows(block.length))
        })
        expect(bytes(blocks)).toBe(bytes(whole))
      }),
    )
  })

  test('reads the named rows only', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyEvent, fc.boolean()), { maxLength: 40 }), chosen => {
        const rows = Int32Array.from(chosen.flatMap(([, taken], row) => (taken ? [row] : [])))
        const some = fold(
          emptyCells(layout),
          columnsOf(
            chosen.map(([event]) => event),
            dictionary,
          ),
          rows,
        )
        const alone = chosen.filter(([, taken]) => taken).map(([event]) => event)
        expect(bytes(some)).toBe(bytes(fold(emptyCells(layout), columnsOf(alone, dictionary), allRows(alone.length))))
      }),
    )
  })

  test('counts, minima and maxima do not depend on order, or on who counted', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 40 }), fc.nat(40), (events, at) => {
        const exact = summaries(fold(emptyCells(layout), columnsOf(events, dictionary), allRows(events.length))).filter(isExact)
        const reversed = events.toReversed()
        expect(
          summaries(fold(emptyCells(layout), columnsOf(reversed, dictionary), allRows(events.length))).filter(isExact),
        ).toEqual(exact)

        const merged = emptyCells(layout)
        for (const part of [events.slice(at), events.slice(0, at)]) {
          mergeInto(merged, fold(emptyCells(layout), columnsOf(part, dictionary), allRows(part.length)), layout)
        }
        expect(summaries(merged).filter(isExact)).toEqual(exact)
      }),
    )
  })

  test('never measures NaN or infinity; what is absent is null, with a status that says so', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), events => {
        const cells = fold(emptyCells(layout), columnsOf(events, dictionary), allRows(events.length))
        expect(cells.some(Number.isNaN)).toBe(false)
        expect(summaries(cells).filter(isDishonest)).toEqual([])
      }),
    )
  })

  test('names each measure once, and an empty window is a count of 0 and not enough data for all else', () => {
    const measures = summaries(emptyCells(layout))
    expect(new Set(measures.map(({ metric, subject }) => `${metric} ${subject}`)).size).toBe(measures.length)
    expect(measures.filter(({ status }) => status === 'ok').map(({ metric, value }) => [metric, value])).toEqual([
      ['count', 0],
      ['rate_per_second', 0],
    ])
  })
})

const isDishonest = ({ value, low, high, pValue, status }: Measure): boolean =>
  (value === null) !== (status === 'not_enough_data') ||
  [value, low, high, pValue].some(number => number !== null && !Number.isFinite(number)) ||
  (value !== null && ((low !== null && low > value) || (high !== null && high < value)))

/** Everything but sums of doubles. */
const isExact = ({ metric }: { metric: string }): boolean => !['mean', 'std', 'latency_mean_ms'].includes(metric)

test('columns of the support are what the decoder would write', () => {
  const columns = columnsOf([{ features: { amount: -0 } }], dictionary)
  expect([...columns.features.map(({ kinds }) => kinds[0])]).toEqual([
    ValueKind.number,
    ValueKind.absent,
    ValueKind.absent,
    ValueKind.absent,
  ])
})
