import fc from 'fast-check'
import type { Prediction } from '../../src/events/prediction.ts'

const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constantFrom('', 'web', '"\\\n'))
const key = text.filter(name => name !== '__proto__')
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map(x => (Object.is(x, -0) ? 0 : x))
const map = <T>(values: fc.Arbitrary<T>) => fc.dictionary(key, values, { maxKeys: 5, noNullPrototype: true })

/** Any prediction that JSON can say. */
export const anyPrediction: fc.Arbitrary<Prediction> = fc.record({
  id: text,
  time: fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }),
  model: text.filter(name => name !== ''),
  version: text,
  context: text,
  operation: text,
  gateway: text,
  requestId: fc.option(text),
  role: fc.constantFrom('serving', 'canary', 'shadow'),
  segments: map(text),
  features: map(fc.oneof(fc.constant(null), number, text, fc.boolean(), fc.array(number))),
  prediction: fc.oneof(fc.constant(null), number, text, fc.boolean()),
  scores: map(number),
  itemCount: fc.option(fc.integer()),
  items: fc.array(text),
  latencyMs: fc.option(number),
  error: fc.option(text),
  fallback: fc.boolean(),
  ruleEffects: fc.array(fc.record({ rule: text, effect: text, before: fc.option(text), after: fc.option(text) }), {
    maxLength: 3,
  }),
  attributions: map(number),
  usage: map(number),
  metadata: map(text),
  build: fc.option(fc.record({ service: text, commit: text, image: text, dataVersion: text })),
  sampled: fc.boolean(),
})
