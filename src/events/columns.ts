import type { TextInterner } from './interner.ts'

/** What the decoder looks for: declared names only, fixed for the life of the process; other names are stepped over. */
export type Dictionary = Readonly<{
  /** Feature names; a feature's column is its position. */
  features: readonly string[]
  /** Keys of the events' `segments` map. */
  segments: readonly string[]
  /** Names of business rules in `ruleEffects`. */
  businessRules: readonly string[]
}>

/** `kinds` of a value column. */
export const ValueKind = {
  absent: 0,
  null: 1,
  number: 2,
  text: 3,
  boolean: 4,
  vector: 5,
  /** Not sent: sampling at the gateway dropped the payload (`sampled` false). Nothing is known, so nothing is missing. */
  dropped: 6,
} as const

/** A column of values that may be of any kind, row by row. */
export type ValueColumn = Readonly<{
  /** One of `ValueKind` per row. */
  kinds: Uint8Array
  /** The number (NaN and infinities as they came); 0 or 1 for a boolean; else undefined. */
  numbers: Float64Array
  /** Code of the text in the interner; else undefined. */
  texts: Int32Array
}>

/**
 * Up to `capacity` decoded events, column by column, in offset order. Text is a code of `texts` (see TextInterner), which
 * may be cleared between blocks: codes must not outlive the rows they came with.
 */
export type EventColumns = {
  readonly capacity: number
  count: number
  readonly texts: TextInterner
  readonly offsets: Float64Array
  /** Event time, ms since the epoch. */
  readonly timesMs: Float64Array
  /** Record time of the log, ms since the epoch. */
  readonly recordTimesMs: Float64Array
  readonly models: Int32Array
  readonly versions: Int32Array
  readonly contexts: Int32Array
  readonly operations: Int32Array
  readonly gateways: Int32Array
  /** By position in `Dictionary.segments`; -1 where the event has no such segment. */
  readonly segments: readonly Int32Array[]
  /** NaN where null. */
  readonly latenciesMs: Float64Array
  /** NaN where null. */
  readonly itemCounts: Float64Array
  /** 1 where `error` is not null. */
  readonly errors: Uint8Array
  readonly fallbacks: Uint8Array
  /** By position in `Dictionary.businessRules`: 1 where that rule changed the answer (effect other than `none`). */
  readonly ruleChanges: readonly Uint8Array[]
  readonly prediction: ValueColumn
  /** By position in `Dictionary.features`. */
  readonly features: readonly ValueColumn[]
  /** The memory behind `features`, for who writes them: row r of feature f is at f * stride + r. */
  readonly featureValues: ValueColumn & Readonly<{ stride: number }>
}

/**
 * Keeps the same row of all features from falling into one set of the processor's cache, where only eight would have room:
 * columns a power of two apart would.
 */
const STRIDE_PADDING = 72

const createValueColumn = (capacity: number): ValueColumn => ({
  kinds: new Uint8Array(capacity),
  numbers: new Float64Array(capacity),
  texts: new Int32Array(capacity),
})

/** Features lie in one piece of memory: a writer that goes from one to the next then follows no pointers (a sixth faster). */
const createFeatures = (capacity: number, count: number): Pick<EventColumns, 'features' | 'featureValues'> => {
  const stride = capacity + STRIDE_PADDING
  const all = createValueColumn(stride * count)
  const feature = (_: unknown, i: number): ValueColumn => ({
    kinds: all.kinds.subarray(i * stride, i * stride + capacity),
    numbers: all.numbers.subarray(i * stride, i * stride + capacity),
    texts: all.texts.subarray(i * stride, i * stride + capacity),
  })
  return { features: Array.from({ length: count }, feature), featureValues: { ...all, stride } }
}

export const createEventColumns = (capacity: number, dictionary: Dictionary, texts: TextInterner): EventColumns => ({
  capacity,
  count: 0,
  texts,
  offsets: new Float64Array(capacity),
  timesMs: new Float64Array(capacity),
  recordTimesMs: new Float64Array(capacity),
  models: new Int32Array(capacity),
  versions: new Int32Array(capacity),
  contexts: new Int32Array(capacity),
  operations: new Int32Array(capacity),
  gateways: new Int32Array(capacity),
  segments: dictionary.segments.map(() => new Int32Array(capacity)),
  latenciesMs: new Float64Array(capacity),
  itemCounts: new Float64Array(capacity),
  errors: new Uint8Array(capacity),
  fallbacks: new Uint8Array(capacity),
  ruleChanges: dictionary.businessRules.map(() => new Uint8Array(capacity)),
  prediction: createValueColumn(capacity),
  ...createFeatures(capacity, dictionary.features.length),
})
