import {
  BINS,
  EVENTS,
  FEATURES,
  MODELS,
  normalEdges,
  OUT_OF_ORDER_MS,
  PARTITIONS,
  START_MS,
  TOPICS,
  WINDOW_MS,
} from './workload.mjs'

/** What the peers compare with: standard normal values, as many in each bin. */
const profile = {
  kind: 'numeric',
  n: EVENTS,
  missing: 0,
  notFinite: 0,
  mean: 0,
  std: 1,
  min: -6,
  max: 6,
  edges: normalEdges(),
  counts: Array.from({ length: BINS }, () => EVENTS / BINS),
}

/** Of the workload's features, or of others that are distributed alike. */
export const referenceOf = (model, features = FEATURES) => ({
  format: 1,
  version: 'benchmark',
  model,
  samples: EVENTS,
  startMs: START_MS,
  endMs: START_MS + EVENTS,
  features: Object.fromEntries(features.map(name => [name, profile])),
  prediction: null,
  segments: {},
})

/** Tidemark as the peers are set up: windows of a minute that wait 10 s for stragglers, a commit each second. */
export const configOf = (shape, { brokers, registryUrl, redisUrl }, namespace) => ({
  namespace,
  kafka: {
    brokers,
    clientId: 'bench',
    ssl: false,
    sasl: null,
    topics: {
      predictions: TOPICS[shape],
      windows: `${namespace}-windows`,
      alerts: `${namespace}-alerts`,
      deadLetters: `${namespace}-dead`,
    },
    createTopics: true,
    partitions: PARTITIONS,
    replicationFactor: 1,
    startAt: { kind: 'earliest' },
    sessionTimeoutMs: 30_000,
    fetchMaxBytes: 1 << 20,
  },
  schemaRegistry: { url: registryUrl },
  redis: { url: redisUrl, waitReplicas: 0, lostState: 'refuse' },
  elasticsearch: null,
  http: { host: '127.0.0.1', port: 0 },
  time: {
    outOfOrdernessMs: OUT_OF_ORDER_MS,
    allowedLatenessMs: 0,
    idleTimeoutMs: 30_000,
    maxFutureMs: 3_600_000,
    retireAfterMs: 86_400_000,
    alertRetentionMs: 7 * 86_400_000,
    maxHoldMs: 600_000,
    maxSkewMs: 3_600_000,
    startupGraceMs: 120_000,
  },
  checkpoint: { intervalMs: 1000, maxReplayMs: 30_000, maxBytes: 1 << 20 },
  budget: { memoryBytes: 4 * 2 ** 30, stateBytes: 4 * 2 ** 30, outboxAlerts: 1000 },
  limits: { maxRecordBytes: 1 << 20, maxMapEntries: 2000, maxVersions: 50, maxSegmentValues: 50, maxModels: 20 },
  models: MODELS.map(name => ({
    name,
    reference: referenceOf(name),
    windows: [{ name: '1m', sizeMs: WINDOW_MS, everyMs: WINDOW_MS, offsetMs: 0 }],
    segments: [],
    features: {},
    itemsAtLeast: [],
    businessRules: [],
  })),
  rules: RULES,
  log: { level: 'error' },
})

const ruleOf = (name, condition) => ({
  name,
  models: [],
  window: null,
  scope: { kind: 'all-traffic' },
  versions: 'merged',
  condition,
  forWindows: 1,
  keepFiringForWindows: 1,
  severity: 'warning',
  noData: 'keep',
  minSamples: 30,
  runbook: null,
})

const RULES = [
  ruleOf('drift', { kind: 'drift', test: 'psi', subjects: 'features', effect: 0.03, alpha: 1e-6 }),
  ruleOf('errors', { kind: 'above', metric: 'error_ratio', subject: null, threshold: 0.05, resolveAt: 0.04 }),
]
