import type { Reference } from '../windows/reference/reference.ts'

/** Everything that was configured, checked and complete: defaults filled in, durations in ms, references loaded. */
export type Config = Readonly<{
  /** Prefix of every key in Redis, and of group and transactional ids. */
  namespace: string
  kafka: KafkaConfig
  schemaRegistry: Readonly<{ url: string; username?: string; password?: string }>
  redis: RedisConfig
  /** Only the archive role needs it. */
  elasticsearch: Readonly<{ url: string; index: string; username?: string; password?: string }> | null
  http: Readonly<{ host: string; port: number }>
  time: TimeConfig
  checkpoint: CheckpointConfig
  budget: BudgetConfig
  limits: LimitsConfig
  models: readonly ModelConfig[]
  rules: readonly RuleConfig[]
  log: Readonly<{ level: 'trace' | 'debug' | 'info' | 'warn' | 'error' }>
}>

export type KafkaConfig = Readonly<{
  brokers: readonly string[]
  clientId: string
  ssl: boolean
  sasl: Readonly<{ mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string }> | null
  topics: Readonly<{ predictions: string; windows: string; alerts: string; deadLetters: string }>
  /** Make missing topics (predictions with `partitions`); otherwise a missing topic is an error that says how to make it. */
  createTopics: boolean
  partitions: number
  replicationFactor: number
  /** Where a first start begins. */
  startAt: Readonly<{ kind: 'earliest' } | { kind: 'latest' } | { kind: 'time'; timeMs: number }>
  sessionTimeoutMs: number
  fetchMaxBytes: number
}>

export type RedisConfig = Readonly<{
  url: string
  /** Replicas that must have a firing before its alerts leave. */
  waitReplicas: number
  /** What to do where state that must be there is gone: refuse to start, or read the log again from its beginning. */
  lostState: 'refuse' | 'rebuild'
}>

export type TimeConfig = Readonly<{
  /** watermark = largest event time seen in the partition - this. */
  outOfOrdernessMs: number
  /** How long after its end a pane still takes events (into its late part). */
  allowedLatenessMs: number
  /** A partition that is caught up, not paused and silent for so long holds nobody back. */
  idleTimeoutMs: number
  /** An event this much later than its record's time in the log is a dead letter. */
  maxFutureMs: number
  /** A series that fell silent fires empty windows for so long after its last event; then it is retired. */
  retireAfterMs: number
  /** A resolved alert is removed from the compacted topic (a tombstone) so long after its end, event time. */
  alertRetentionMs: number
  /** A caught-up partition whose clock is behind holds what the others have closed for at most so long, wall time. */
  maxHoldMs: number
  /** While catching up, a partition that leads the slowest by more event time than this waits. */
  maxSkewMs: number
  /** A partition that no process has ever owned holds windows for so long, wall time; then they fire, incomplete. */
  startupGraceMs: number
}>

export type CheckpointConfig = Readonly<{
  /** At most this much between two checkpoints of a partition. */
  intervalMs: number
  /** After a crash at most about this much of the log is read again. */
  maxReplayMs: number
  /** Pane bytes that a timed checkpoint may write beyond what it must. */
  maxBytes: number
}>

/** What may pile up while the world is slow; beyond it reading, or firing, pauses. */
export type BudgetConfig = Readonly<{
  /** Fetched records, open panes and waiting dead letters of one process. */
  memoryBytes: number
  /** Stored panes of the partitions of one process. */
  stateBytes: number
  /** Alerts of a shard that the log has not acknowledged. */
  outboxAlerts: number
}>

export type LimitsConfig = Readonly<{
  /** A larger record is a dead letter. */
  maxRecordBytes: number
  /** Entries of one event's features map; more is a dead letter. */
  maxMapEntries: number
  /** Distinct versions per model, and values per segment dimension without a listed vocabulary; the rest is `other`. */
  maxVersions: number
  maxSegmentValues: number
  /** Distinct models beyond the configured ones (only with a `*` model). */
  maxModels: number
}>

export type ModelConfig = Readonly<{
  /** `*`: every model that is not named. */
  name: string
  reference: Reference | null
  windows: readonly WindowConfig[]
  /** Segment series beside all traffic: each is a combination of dimensions. */
  segments: readonly SegmentConfig[]
  features: Readonly<Record<string, FeatureConfig>>
  /** `items_at_least_ratio` for each k. */
  itemsAtLeast: readonly number[]
  businessRules: readonly string[]
}>

export type WindowConfig = Readonly<{
  name: string
  sizeMs: number
  /** = sizeMs: tumbling; less: sliding. Divides sizeMs. */
  everyMs: number
  /** Windows end at offsetMs + i * everyMs. Sizes in whole weeks begin on Monday: 4 days. */
  offsetMs: number
}>

/** `dimensions`: `context`, `operation`, `gateway`, or a key of the event's segments map. */
export type SegmentConfig = Readonly<{
  dimensions: readonly string[]
  /** Dimension to its listed vocabulary; a dimension without one admits the first `maxSegmentValues`. */
  values: Readonly<Record<string, readonly string[]>>
}>

export type FeatureConfig = Readonly<{
  kind: 'numeric' | 'categorical'
  /** Inclusive; `out_of_range_ratio` counts what lies outside. Default: the reference's minimum and maximum. */
  range: readonly [number, number] | null
}>

export type RuleConfig = Readonly<{
  name: string
  /** Empty: all models. */
  models: readonly string[]
  /** Name of a window; null: every window of the model. */
  window: string | null
  /** Which series: all traffic only, segments only (of these dimensions), or both. */
  scope: Readonly<{ kind: 'all-traffic' } | { kind: 'segments'; dimensions: readonly string[] } | { kind: 'every-series' }>
  /** `*`: all versions merged; `each`: each version by itself. */
  versions: 'merged' | 'each'
  condition: RuleCondition
  /** Windows in a row that must break the rule before it fires (1: at once), and hold before it resolves. */
  forWindows: number
  keepFiringForWindows: number
  severity: 'info' | 'warning' | 'critical'
  /** What a window without enough data does to the state. */
  noData: 'keep' | 'resolve' | 'fire'
  /** Fewer samples in the window than this are not enough data. */
  minSamples: number
  runbook: string | null
}>

export type RuleCondition =
  /** Fires when the value (for measures with bounds: the bound) is above or below `threshold`; resolves past `resolveAt`. */
  | Readonly<{ kind: 'above' | 'below'; metric: string; subject: string | null; threshold: number; resolveAt: number }>
  /** Fires outside [low, high]. */
  | Readonly<{ kind: 'outside'; metric: string; subject: string | null; low: number; high: number; margin: number }>
  /** Fires when the bias-corrected effect passes `effect` and the Benjamini-Hochberg corrected p-value over subjects passes alpha. */
  | Readonly<{
      kind: 'drift'
      test: 'psi' | 'ks'
      /** Which subjects: features, the prediction, or both. */
      subjects: 'features' | 'prediction' | 'all' | readonly string[]
      effect: number
      alpha: number
    }>
