import type { Config, ModelConfig, RuleCondition, RuleConfig, TimeConfig, WindowConfig } from '../../src/config/config.ts'

/** A complete configuration for tests: small times, nothing real behind the addresses. */
export const testConfig = (overrides: Partial<Config> = {}): Config => ({
  namespace: 'test',
  kafka: {
    brokers: ['127.0.0.1:1'],
    clientId: 'tidemark-test',
    ssl: false,
    sasl: null,
    topics: { predictions: 'predictions', windows: 'windows', alerts: 'alerts', deadLetters: 'dead-letters' },
    createTopics: true,
    partitions: 3,
    replicationFactor: 1,
    startAt: { kind: 'earliest' },
    sessionTimeoutMs: 6_000,
    fetchMaxBytes: 1024 * 1024,
  },
  schemaRegistry: { url: 'http://127.0.0.1:1' },
  redis: { url: 'redis://127.0.0.1:1', waitReplicas: 0, lostState: 'refuse' },
  elasticsearch: null,
  http: { host: '127.0.0.1', port: 0 },
  time: testTime(),
  checkpoint: { intervalMs: 1000, maxReplayMs: 30_000, maxBytes: 1024 * 1024 },
  budget: { memoryBytes: 2 ** 30, stateBytes: 2 ** 32, outboxAlerts: 1000 },
  limits: {
    maxRecordBytes: 1024 * 1024,
    maxMapEntries: 2000,
    maxVersions: 50,
    maxSegmentValues: 50,
    maxModels: 20,
  },
  models: [testModel()],
  rules: [],
  log: { level: 'error' },
  ...overrides,
})

export const testWindow = (name: string, sizeMs: number, everyMs = sizeMs, offsetMs = 0): WindowConfig => ({
  name,
  sizeMs,
  everyMs,
  offsetMs,
})

export const testModel = (overrides: Partial<ModelConfig> = {}): ModelConfig => ({
  name: 'm',
  reference: null,
  windows: [testWindow('tumbling', 10), testWindow('sliding', 40, 10)],
  segments: [],
  features: {},
  itemsAtLeast: [],
  businessRules: [],
  ...overrides,
})

/** Small bounds; what goes by the wall clock is out of the way. */
export const testTime = (overrides: Partial<TimeConfig> = {}): TimeConfig => ({
  outOfOrdernessMs: 8,
  allowedLatenessMs: 15,
  idleTimeoutMs: 1_000_000,
  maxFutureMs: 3_600_000,
  alertRetentionMs: 7 * 24 * 3_600_000,
  retireAfterMs: 100,
  maxHoldMs: 1e12,
  maxSkewMs: 1e12,
  startupGraceMs: 1e12,
  ...overrides,
})

/** A rule on all traffic, all versions merged, that fires at once and resolves at once. */
export const testRule = (condition: RuleCondition, overrides: Partial<RuleConfig> = {}): RuleConfig => ({
  name: 'r',
  models: [],
  window: null,
  scope: { kind: 'all-traffic' },
  versions: 'merged',
  condition,
  forWindows: 1,
  keepFiringForWindows: 1,
  severity: 'warning',
  noData: 'keep',
  minSamples: 0,
  runbook: null,
  ...overrides,
})
