import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FeatureValue } from '../../../src/events/prediction.ts'
import { createReferenceBuilder, type ReferenceEvent, type ReferenceOptions } from '../../../src/windows/reference/build.ts'
import { canonicalJson } from '../../../src/windows/reference/canonical.ts'
import { validateReference } from '../../../src/windows/reference/validate.ts'

const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex')

const event = (fields: Partial<ReferenceEvent>): ReferenceEvent => ({
  ...{
    time: 0,
    model: 'm',
    context: '',
    operation: '',
    gateway: '',
    segments: {},
    features: {},
    prediction: null,
    sampled: true,
  },
  ...fields,
})

const build = (events: readonly Partial<ReferenceEvent>[], options: Partial<ReferenceOptions> = {}) => {
  const builder = createReferenceBuilder('m', { sha256Hex, ...options })
  for (const fields of events) builder.add(event(fields))
  return builder.finish()
}

const ofX = (values: readonly FeatureValue[], options: Partial<ReferenceOptions> = {}) =>
  build(
    values.map(x => ({ features: { x } })),
    options,
  ).features.x

describe('a numeric profile', () => {
  test('has its edges at values of the reference, right-closed, a hundredth in each bin', () => {
    const profile = ofX(Array.from({ length: 1000 }, (_, i) => i))
    expect(profile).toMatchObject({ kind: 'numeric', n: 1000, missing: 0, notFinite: 0, min: 0, max: 999, mean: 499.5 })
    expect(profile.kind === 'numeric' && profile.edges).toEqual(Array.from({ length: 99 }, (_, i) => 10 * i + 9))
    expect(profile.kind === 'numeric' && profile.counts).toEqual(new Array(100).fill(10))
  })

  test('drops duplicate edges, gives each of few values a bin, and parts what lies below the minimum and above the maximum', () => {
    // (-inf, 1) | 1 | (1, 2] | (2, 3] | (3, +inf)
    expect(ofX([1, 2, 2, 3, 3, 3])).toMatchObject({
      edges: [1 - 2 ** -53, 1, 2, 3],
      counts: [0, 1, 2, 3, 0],
      std: Math.sqrt(2 / 3),
    })
    expect(ofX([0, 0])).toMatchObject({ edges: [-5e-324, 0], counts: [0, 2, 0], mean: 0, std: 0 })
  })

  test('of one value has a std of 0', () => {
    expect(ofX([7])).toMatchObject({ n: 1, mean: 7, std: 0, min: 7, max: 7 })
  })

  test('keeps what is missing and what is not finite out of n', () => {
    const profile = build([
      { features: { x: 1 } },
      { features: { x: null } },
      {},
      { features: { x: Number.NaN } },
      { features: { x: 1e200 } },
    ])
    expect(profile.features.x).toMatchObject({ n: 1, missing: 2, notFinite: 2 })
  })

  test('is safe at mean 1e9 and at 1e150', () => {
    const near = ofX(Array.from({ length: 1000 }, (_, i) => 1e9 + (i % 2)))
    expect(near.kind === 'numeric' && near.std).toBeCloseTo(Math.sqrt(250 / 999), 12)
    const far = ofX([1e150, -1e150, 1e150])
    expect(far.kind === 'numeric' && Number.isFinite(far.std) && Number.isFinite(far.mean)).toBe(true)
  })
})

describe('the kind of a feature', () => {
  test('is numeric when all values are numbers, categorical when one is text or boolean', () => {
    expect(ofX([1, null, 2]).kind).toBe('numeric')
    expect(ofX(['a', 'b', 'a', 1])).toEqual({
      ...{ kind: 'categorical', n: 4, missing: 0 },
      values: [
        { value: 'a', count: 2 },
        { value: '1', count: 1 },
        { value: 'b', count: 1 },
      ],
    })
    expect(ofX([true, false, true])).toMatchObject({ values: [{ value: 'true' }, { value: 'false' }] })
  })

  test('may be said: numbers as categories', () => {
    expect(ofX([7, 7, 8.5], { kinds: { x: 'categorical' } })).toMatchObject({
      values: [
        { value: '7', count: 2 },
        { value: '8.5', count: 1 },
      ],
    })
    expect(build([{ prediction: 1 }], { predictionKind: 'categorical' }).prediction?.kind).toBe('categorical')
  })

  test('without a value to tell it by, or of embeddings only, is no profile', () => {
    expect(build([{ features: { x: null, y: [1, 2], z: 1 } }]).features).toEqual({ z: expect.anything() })
    expect(build([{}]).prediction).toBeNull()
  })
})

describe('a reference', () => {
  test('takes its own model’s events, in any order, and says when they were', () => {
    const builder = createReferenceBuilder('m', { sha256Hex })
    expect([
      builder.add(event({ time: 20 })),
      builder.add(event({ time: 10 })),
      builder.add(event({ time: 5, model: 'other' })),
    ]).toEqual([true, true, false])
    expect(builder.finish()).toMatchObject({ samples: 2, startMs: 10, endMs: 20 })
  })

  test('lists the values of segments and of context, operation and gateway, the most frequent first, capped', () => {
    const reference = build(
      [
        { context: 'home', segments: { market: 'de', gateway: 'not this one' }, gateway: 'g1' },
        { context: 'cart', segments: { market: 'at' } },
        { context: 'cart', segments: { market: 'de' } },
        { context: 'cart', segments: { market: 'ch' } },
      ],
      { maxSegmentValues: 2 },
    )
    expect(reference.segments).toEqual({ context: ['cart', 'home'], gateway: ['g1'], market: ['de', 'at'] })
  })

  test('does not take a payload that the gateway dropped for missing values', () => {
    const reference = build([
      { features: { x: 1 }, prediction: 2 },
      { sampled: false, context: 'home' },
    ])
    expect(reference).toMatchObject({
      samples: 2,
      features: { x: { n: 1, missing: 0 } },
      prediction: { missing: 0 },
      segments: { context: ['home'] },
    })
  })

  test('of no events is an error that names the model', () => {
    expect(() => build([])).toThrow('no event of model "m"')
  })

  test('has a version that changes with its content and not with the order of its events', () => {
    const events = [{ features: { x: 1, y: 'a' } }, { features: { x: 2, y: 'b' } }, { features: { y: 'b', x: 3 } }]
    const { version } = build(events)
    expect(version).toMatch(/^[0-9a-f]{12}$/)
    expect(build(events.toReversed()).version).toBe(version)
    expect(build([...events, {}]).version).not.toBe(version)
  })

  test('survives its file, whatever the values were', () => {
    const value = fc.oneof<fc.Arbitrary<FeatureValue>[]>(
      fc.double(),
      fc.constantFrom(0, -0, 5e-324, 1e308, null, true, 'a', '__proto__'),
      fc.string(),
      fc.array(fc.double(), { maxLength: 2 }),
    )
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.string(), value), { minLength: 1, maxLength: 30 }), rows => {
        const reference = build(rows.map(features => ({ features })))
        const read = validateReference(JSON.parse(JSON.stringify(reference)), sha256Hex)
        expect(read).toEqual({ kind: 'ok', reference })
      }),
    )
  })
})

test('canonical JSON sorts keys as text, at every depth', () => {
  expect(canonicalJson({ b: [{ d: 1, c: null }], a: 'ä"', 10: 1, 9: 2 })).toBe('{"10":1,"9":2,"a":"ä\\"","b":[{"c":null,"d":1}]}')
})
