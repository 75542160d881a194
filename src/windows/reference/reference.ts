/**
 * The profile that windows are compared with: small, readable, versioned by its content. A JSON file.
 */
export type Reference = Readonly<{
  format: 1
  /** First 12 hex digits of the SHA-256 of the canonical JSON of everything else. */
  version: string
  model: string
  /** Events it was built from, and their first and last event time (ms since the epoch). */
  samples: number
  startMs: number
  endMs: number
  features: Readonly<Record<string, FeatureProfile>>
  /** null where no event had a prediction. */
  prediction: FeatureProfile | null
  /** Segment dimension to the values seen, most frequent first: the vocabulary of segment series. */
  segments: Readonly<Record<string, readonly string[]>>
}>

export type FeatureProfile = NumericProfile | CategoricalProfile

export type NumericProfile = Readonly<{
  kind: 'numeric'
  /** Finite values. */
  n: number
  missing: number
  /** NaN and infinities, not in n. */
  notFinite: number
  mean: number
  /** Sample standard deviation (n - 1); 0 when n < 2. */
  std: number
  min: number
  max: number
  /**
   * Rising, distinct reference quantiles; bin i is (edges[i-1], edges[i]], the first and last are open-ended: `edges.length + 1`
   * bins, at most 100. Right-closed, so that a heavy value is the top of its own bin.
   */
  edges: readonly number[]
  /** Reference count per bin; sums to n. */
  counts: readonly number[]
}>

export type CategoricalProfile = Readonly<{
  kind: 'categorical'
  n: number
  missing: number
  /** Most frequent first, ties by value. */
  values: readonly Readonly<{ value: string; count: number }>[]
}>
