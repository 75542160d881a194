import type { Config, ModelConfig, RuleCondition, RuleConfig, WindowConfig } from '../config/config.ts'
import type { Reference } from '../windows/reference/reference.ts'
import { GATEWAYS, OUT_OF_ORDER_BOUND_MS } from './delivery.ts'
import { RULES } from './incidents.ts'
import { basketRecommender } from './models/basket-recommender.ts'
import { shelfLife } from './models/shelf-life.ts'
import type { Share } from './random.ts'
import { kindsOf } from './references.ts'
import { HOUR_MS, MINUTE_MS } from './rhythm.ts'
import { MODELS, type ModelWorld } from './world.ts'

export const DEMO_WINDOWS = {
  short: { name: '10m', sizeMs: 10 * MINUTE_MS, everyMs: 10 * MINUTE_MS, offsetMs: 0 },
  hour: { name: '1h', sizeMs: 60 * MINUTE_MS, everyMs: 10 * MINUTE_MS, offsetMs: 0 },
} as const satisfies Readonly<Record<string, WindowConfig>>

/** The step of a window, by its name. */
export const everyMsOf = (window: string): number =>
  Object.values(DEMO_WINDOWS).find(({ name }) => name === window)?.everyMs ?? DEMO_WINDOWS.hour.everyMs

/** What the demo runs with; docs/demo-arithmetic.md derives the thresholds. `references`: by model. */
export const demoConfig = (references: ReadonlyMap<string, Reference>, httpPort: number): Config => ({
  namespace: 'demo',
  kafka: {
    brokers: ['localhost:9092'],
    clientId: 'tidemark-demo',
    ssl: false,
    sasl: null,
    topics: { predictions: 'predictions', windows: 'windows', alerts: 'alerts', deadLetters: 'dead-letters' },
    createTopics: true,
    partitions: 4,
    replicationFactor: 1,
    startAt: { kind: 'earliest' },
    sessionTimeoutMs: 30_000,
    fetchMaxBytes: 1 << 20,
  },
  schemaRegistry: { url: 'http://localhost:8081' },
  redis: { url: 'redis://localhost:6379', waitReplicas: 0, lostState: 'refuse' },
  elasticsearch: null,
  http: { host: '127.0.0.1', port: httpPort },
  time: {
    outOfOrdernessMs: Math.ceil(OUT_OF_ORDER_BOUND_MS / 1000) * 1000,
    allowedLatenessMs: MINUTE_MS,
    idleTimeoutMs: 30_000,
    maxFutureMs: MINUTE_MS,
    retireAfterMs: 2 * HOUR_MS,
    alertRetentionMs: 168 * HOUR_MS,
    maxHoldMs: 10 * MINUTE_MS,
    maxSkewMs: HOUR_MS,
    startupGraceMs: 2 * MINUTE_MS,
  },
  checkpoint: { intervalMs: 1000, maxReplayMs: 30_000, maxBytes: 1 << 20 },
  budget: { memoryBytes: 2 ** 30, stateBytes: 2 ** 32, outboxAlerts: 1000 },
  limits: { maxRecordBytes: 1 << 20, maxMapEntries: 100, maxVersions: 5, maxSegmentValues: 20, maxModels: 5 },
  models: MODELS.map(model => modelConfig(model, references.get(model.name) ?? null)),
  rules: DEMO_RULES,
  log: { level: 'warn' },
})

const modelConfig = (model: ModelWorld, reference: Reference | null): ModelConfig => ({
  name: model.name,
  reference,
  windows: Object.values(DEMO_WINDOWS),
  segments: [
    { dimensions: ['context'], values: { context: valuesOf(model.contexts) } },
    { dimensions: ['operation'], values: { operation: valuesOf(model.operations) } },
    { dimensions: ['gateway'], values: { gateway: GATEWAYS.map(each => each.name) } },
  ],
  features: Object.fromEntries(Object.entries(kindsOf(model)).map(([name, kind]) => [name, { kind, range: null }])),
  itemsAtLeast: [],
  businessRules: model.businessRules,
})

const valuesOf = (shares: readonly Share[]): readonly string[] => shares.map(each => each.value)

const rule = (
  name: string,
  models: readonly string[],
  dimensions: readonly string[],
  minSamples: number,
  severity: RuleConfig['severity'],
  condition: RuleCondition,
): RuleConfig => ({
  name,
  models,
  window: DEMO_WINDOWS.hour.name,
  scope: dimensions.length === 0 ? { kind: 'all-traffic' } : { kind: 'segments', dimensions },
  versions: 'merged',
  condition,
  forWindows: 2,
  keepFiringForWindows: 2,
  severity,
  noData: 'keep',
  minSamples,
  runbook: null,
})

const above = (metric: string, threshold: number, resolveAt: number): RuleCondition => ({
  kind: 'above',
  metric,
  subject: null,
  threshold,
  resolveAt,
})
const below = (metric: string, threshold: number, resolveAt: number): RuleCondition => ({
  kind: 'below',
  metric,
  subject: null,
  threshold,
  resolveAt,
})
const drift = (test: 'ks' | 'psi', subjects: readonly string[], effect: number): RuleCondition => ({
  kind: 'drift',
  test,
  subjects,
  effect,
  alpha: 1e-6,
})

const valuesFor = (model: ModelWorld): readonly string[] => [...model.numericFeatures, 'prediction']
const categoriesFor = (model: ModelWorld): readonly string[] => Object.keys(model.categoricalFeatures)

const [SHELF_LIFE, RECOMMENDER] = [[shelfLife.name], [basketRecommender.name]]

export const DEMO_RULES: readonly RuleConfig[] = [
  rule(RULES.shelfLifeDrift, SHELF_LIFE, [], 1000, 'warning', drift('ks', valuesFor(shelfLife), 0.1)),
  rule(RULES.shelfLifeDriftByGateway, SHELF_LIFE, ['gateway'], 320, 'critical', drift('ks', valuesFor(shelfLife), 0.2)),
  rule(RULES.shelfLifeCategories, SHELF_LIFE, [], 1000, 'warning', drift('psi', categoriesFor(shelfLife), 0.2)),
  rule(RULES.shelfLifeLatency, SHELF_LIFE, ['context'], 250, 'warning', above('latency_p95_ms', 95, 88)),
  rule(RULES.shelfLifeCoverage, SHELF_LIFE, ['context'], 450, 'critical', below('coverage_ratio', 0.92, 0.93)),
  rule(RULES.recommenderDrift, RECOMMENDER, [], 1000, 'warning', drift('ks', valuesFor(basketRecommender), 0.1)),
  rule(
    RULES.recommenderDriftByGateway,
    RECOMMENDER,
    ['gateway'],
    320,
    'critical',
    drift('ks', valuesFor(basketRecommender), 0.2),
  ),
  rule(RULES.recommenderCategories, RECOMMENDER, [], 1000, 'warning', drift('psi', categoriesFor(basketRecommender), 0.2)),
  rule(RULES.recommenderLatency, RECOMMENDER, ['context'], 250, 'warning', above('latency_p95_ms', 150, 140)),
  rule(RULES.recommenderCoverage, RECOMMENDER, ['context'], 250, 'critical', below('coverage_ratio', 0.93, 0.94)),
  rule(RULES.errors, [], ['operation'], 400, 'critical', above('error_ratio', 0.03, 0.025)),
]
