import type { Prediction } from '../../events/prediction.ts'
import { referenceVersion } from './canonical.ts'
import type { FeatureProfile, Reference } from './reference.ts'
import { createValueSample, mostFrequent, type ProfileLimits, type ValueSample } from './value-sample.ts'

export type ReferenceOptions = Readonly<{
  /** SHA-256 of UTF-8 text as lower-case hex. */
  sha256Hex(text: string): string
  /** Kinds that inference must not decide: a zip code that looks like a number. */
  kinds?: Readonly<Record<string, FeatureProfile['kind']>>
  /** Kind of the prediction; inferred when left out. */
  predictionKind?: FeatureProfile['kind']
  /** Bins of a numeric feature, at most: 2 to 100; 100 when left out. */
  bins?: number
  /** Values of a categorical feature that are told apart, the most frequent ones; 1,000 when left out. */
  maxCategories?: number
  /** Values of a segment dimension, the most frequent ones; 100 when left out. */
  maxSegmentValues?: number
}>

export type ReferenceBuilder = Readonly<{
  /** Takes one event, in any order; false: it is another model's, and was not taken. */
  add(prediction: ReferenceEvent): boolean
  /** Throws a RangeError when no event was taken: there is nothing to compare with. */
  finish(): Reference
}>

/** What the builder reads of an event. */
export type ReferenceEvent = Pick<
  Prediction,
  'time' | 'model' | 'context' | 'operation' | 'gateway' | 'segments' | 'features' | 'prediction' | 'sampled'
>

/** Dimensions that are fields of an event; a key of its `segments` map of the same name is not looked at. */
const FIELDS = ['context', 'operation', 'gateway'] as const

/**
 * Profiles the events of one model. Events whose payload a gateway dropped (`sampled` false) count as samples and for segments,
 * not for features: what was not sent is not missing.
 */
export const createReferenceBuilder = (model: string, options: ReferenceOptions): ReferenceBuilder => {
  const limits: ProfileLimits = { bins: options.bins ?? 100, categories: options.maxCategories ?? 1000 }
  const features = new Map<string, ValueSample>()
  const prediction = createValueSample()
  const segments = new Map<string, Map<string, number>>(FIELDS.map(field => [field, new Map()]))
  let samples = 0
  let withPayload = 0
  let startMs = Number.POSITIVE_INFINITY
  let endMs = Number.NEGATIVE_INFINITY

  const addSegment = (dimension: string, value: string): void => {
    if (value === '') return
    const counts = segments.get(dimension) ?? new Map<string, number>()
    segments.set(dimension, counts.set(value, (counts.get(value) ?? 0) + 1))
  }

  return {
    add: event => {
      if (event.model !== model) return false
      samples++
      startMs = Math.min(startMs, event.time)
      endMs = Math.max(endMs, event.time)
      for (const [dimension, value] of Object.entries(event.segments))
        if (!segmentIsField(dimension)) addSegment(dimension, value)
      for (const field of FIELDS) addSegment(field, event[field])
      if (!event.sampled) return true
      withPayload++
      prediction.add(event.prediction)
      for (const [name, value] of Object.entries(event.features)) {
        const sample = features.get(name) ?? createValueSample()
        features.set(name, sample)
        sample.add(value)
      }
      return true
    },
    finish: () => {
      if (samples === 0) throw new RangeError(`no event of model "${model}" was given: a reference needs at least one`)
      const kinds = new Map(Object.entries(options.kinds ?? {}))
      const profiles = [...features.keys()].sort().flatMap((name): readonly [string, FeatureProfile][] => {
        const profile = features.get(name)?.profile(withPayload, kinds.get(name) ?? null, limits) ?? null
        return profile === null ? [] : [[name, profile]]
      })
      const vocabularies = [...segments.keys()].sort().flatMap((dimension): readonly [string, readonly string[]][] => {
        const values = mostFrequent(segments.get(dimension) ?? new Map(), options.maxSegmentValues ?? 100).map(
          ({ value }) => value,
        )
        return values.length === 0 ? [] : [[dimension, values]]
      })
      const content = {
        format: 1,
        model,
        samples,
        startMs,
        endMs,
        features: Object.fromEntries(profiles),
        prediction: prediction.profile(withPayload, options.predictionKind ?? null, limits),
        segments: Object.fromEntries(vocabularies),
      } as const satisfies Omit<Reference, 'version'>
      return { ...content, version: referenceVersion(content, options.sha256Hex) }
    },
  }
}

const segmentIsField = (dimension: string): boolean => FIELDS.some(field => field === dimension)
