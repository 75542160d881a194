/** What a rule must know of a metric: what it is measured of, and which thresholds make sense. */
export type MetricFacts = Readonly<{
  /** Smallest and largest sensible threshold. */
  range: readonly [number, number]
  /** `values`: a feature or the prediction; `none`: the series as a whole. */
  subjects: 'none' | 'values' | 'business-rules' | 'items-at-least'
  /** Of which kind the feature must be; null: any. */
  kind: 'numeric' | 'categorical' | null
  needsReference: boolean
  /** No event is an answer too: such a rule wants no least number of samples. */
  countsEvents: boolean
}>

const RATIO = [0, 1] as const
const POSITIVE = [0, Number.POSITIVE_INFINITY] as const
const ANY = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const

const whole = (range: MetricFacts['range']): MetricFacts => ({
  range,
  subjects: 'none',
  kind: null,
  needsReference: false,
  countsEvents: false,
})
const ofValues = (range: MetricFacts['range'], kind: MetricFacts['kind'] = null, needsReference = false): MetricFacts => ({
  range,
  subjects: 'values',
  kind,
  needsReference,
  countsEvents: false,
})

/** Every metric that a rule may name. */
export const METRICS = {
  count: { ...whole(POSITIVE), countsEvents: true },
  rate_per_second: { ...whole(POSITIVE), countsEvents: true },
  error_ratio: whole(RATIO),
  coverage_ratio: whole(RATIO),
  fallback_ratio: whole(RATIO),
  items_at_least_ratio: { ...whole(RATIO), subjects: 'items-at-least' },
  rule_changed_ratio: { ...whole(RATIO), subjects: 'business-rules' },
  latency_p50_ms: whole(POSITIVE),
  latency_p90_ms: whole(POSITIVE),
  latency_p95_ms: whole(POSITIVE),
  latency_p99_ms: whole(POSITIVE),
  latency_max_ms: whole(POSITIVE),
  latency_mean_ms: whole(POSITIVE),
  latency_invalid_ratio: whole(RATIO),
  missing_ratio: ofValues(RATIO),
  type_mismatch_ratio: ofValues(RATIO),
  mean: ofValues(ANY, 'numeric'),
  std: ofValues(POSITIVE, 'numeric'),
  min: ofValues(ANY, 'numeric'),
  max: ofValues(ANY, 'numeric'),
  not_finite_ratio: ofValues(RATIO, 'numeric'),
  out_of_range_ratio: ofValues(RATIO, 'numeric'),
  unseen_ratio: ofValues(RATIO, 'categorical', true),
  ks: ofValues(RATIO, 'numeric', true),
  ks_effect: ofValues(RATIO, 'numeric', true),
  psi: ofValues(POSITIVE, null, true),
  psi_effect: ofValues(POSITIVE, null, true),
} as const satisfies Readonly<Record<string, MetricFacts>>

export type MetricName = keyof typeof METRICS

export const METRIC_NAMES = Object.keys(METRICS) as readonly MetricName[] // keys of a const object

export const metricFacts = (name: MetricName): MetricFacts => METRICS[name]
