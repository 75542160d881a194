import type { Config, ModelConfig, RuleConfig } from '../../src/config/config.ts'
import { testConfig, testModel, testTime, testWindow } from '../support/config.ts'
import { createRandom, type Random } from '../support/random.ts'
import type { FaultKind, Struck, Temper } from './faults.ts'

/** What one record of the predictions topic says. */
export type SimEvent =
  | Readonly<{
      kind: 'event'
      timeMs: number
      model: string
      version: string
      market: string
      latencyMs: number
      temp: number | null
      isError: boolean
    }>
  /** Bytes that are no event. */
  | Readonly<{ kind: 'garbage' }>
  /** An event from the far future. */
  | Readonly<{ kind: 'future' }>

/** Records that reach a partition together. */
export type Delivery = Readonly<{ atMs: number; partition: number; events: readonly SimEvent[] }>

/** All that decides a history, as plain data: it can be printed, cut down and run again. */
export type History = Readonly<{
  seed: number
  config: Config
  processes: number
  deliveries: readonly Delivery[]
  /** Drawn from the seed, or exactly these. */
  faults: Temper | readonly Struck[]
  /** No fault is drawn after this moment: everything heals, and must come to its end. */
  healAtMs: number
}>

/** Virtual time begins here, and event time with it. */
export const START_MS = Date.UTC(2026, 0, 5)
/** The width of all small panes. */
export const PANE_MS = 10

export const randomHistory = (seed: number): History => {
  const random = createRandom(seed)
  const config = randomConfig(random)
  const deliveries = randomDeliveries(random, config)
  const lastMs = Math.max(0, ...deliveries.map(d => d.atMs))
  return {
    seed,
    config,
    processes: random.pick([1, 1, 2, 2, 3]),
    deliveries,
    faults: randomTemper(random),
    healAtMs: lastMs + random.below(1500),
  }
}

const NETWORK: readonly FaultKind[] = ['lost-request', 'lost-reply', 'twice', 'late', 'again', 'slow']
const PROCESSES: readonly FaultKind[] = ['crash', 'crash', 'restart', 'freeze', 'evict']

const randomTemper = (random: Random): Temper => ({
  rate: random.pick([0.002, 0.01, 0.02, 0.05]),
  kinds: random.pick([
    ['crash'],
    NETWORK,
    PROCESSES,
    ['freeze', 'evict', 'slow', 'late'],
    ['failover', 'crash'],
    [...NETWORK, ...PROCESSES],
    [...NETWORK, ...PROCESSES, 'failover'],
  ]),
})

const randomConfig = (random: Random): Config => {
  const partitions = 1 + random.below(4)
  const base = testConfig()
  return testConfig({
    kafka: {
      ...base.kafka,
      partitions,
      fetchMaxBytes: random.pick([200, 2_000, 1_000_000]),
      sessionTimeoutMs: random.pick([100, 500]),
    },
    time: testTime({
      outOfOrdernessMs: random.pick([0, 8, 8, 20]),
      allowedLatenessMs: random.pick([0, 15, 15, 30]),
      idleTimeoutMs: 1e12,
      retireAfterMs: random.pick([0, 0, 30]),
      maxSkewMs: random.pick([1e12, 1e12, 30]),
    }),
    checkpoint: {
      intervalMs: random.pick([0, 30, 300]),
      maxReplayMs: random.pick([100, 1e4]),
      maxBytes: random.pick([0, 200, 1e6]),
    },
    budget: { ...base.budget, outboxAlerts: random.pick([2, 1000]) },
    limits: { ...base.limits, maxVersions: random.pick([1, 50]), maxSegmentValues: random.pick([1, 50]) },
    models: MODELS.slice(0, 1 + random.below(MODELS.length)).map(name => randomModel(random, name)),
    rules: RULES.filter(() => random.uniform() < 0.7),
  })
}

const MODELS = ['m', 'n']
const NAMES = [...MODELS, 'm', 'nobody']

const randomModel = (random: Random, name: string): ModelConfig =>
  testModel({
    name,
    windows: random.pick([
      [testWindow('tumbling', PANE_MS)],
      [testWindow('tumbling', PANE_MS), testWindow('sliding', 4 * PANE_MS, PANE_MS)],
      [testWindow('tumbling', 2 * PANE_MS), testWindow('sliding', 3 * PANE_MS, PANE_MS)],
      [testWindow('tumbling', PANE_MS), testWindow('wide', 200 * PANE_MS)],
    ]),
    segments: random.pick([
      [],
      [],
      [{ dimensions: ['market'], values: {} }],
      [{ dimensions: ['market'], values: { market: ['de'] } }],
    ]),
    features: random.uniform() < 0.5 ? {} : { temp: { kind: 'numeric', range: null } },
  })

const rule = (name: string, over: Partial<RuleConfig>): RuleConfig => ({
  name,
  models: [],
  window: 'tumbling',
  scope: { kind: 'all-traffic' },
  versions: 'merged',
  condition: { kind: 'above', metric: 'count', subject: null, threshold: 3, resolveAt: 2 },
  forWindows: 1,
  keepFiringForWindows: 1,
  severity: 'warning',
  noData: 'keep',
  minSamples: 0,
  runbook: null,
  ...over,
})

const RULES: readonly RuleConfig[] = [
  rule('busy', {}),
  rule('busy-for-long', { forWindows: 2, keepFiringForWindows: 2, versions: 'each', scope: { kind: 'every-series' } }),
  rule('slow', {
    window: 'sliding',
    noData: 'resolve',
    condition: { kind: 'above', metric: 'latency_mean_ms', subject: null, threshold: 7, resolveAt: 6 },
  }),
]

const randomDeliveries = (random: Random, config: Config): readonly Delivery[] => {
  const { partitions } = config.kafka
  const count = random.pick([8, 20, 40])
  const hasBad = random.uniform() < 0.4
  const jump = random.pick([1, 3, 6])
  return Array.from({ length: partitions }, (_, partition) => {
    let atMs = random.below(200)
    let timeMs = START_MS + random.below(30)
    const deliveries: Delivery[] = []
    for (let left = random.below(count + 1); left > 0; ) {
      const size = Math.min(left, 1 + random.below(6))
      left -= size
      const events = Array.from({ length: size }, () => {
        timeMs += random.below(2 * jump)
        return randomEvent(random, timeMs, hasBad)
      })
      deliveries.push({ atMs, partition, events })
      atMs += random.pick([0, 20, 100, 300])
    }
    return deliveries
  }).flat()
}

/** Out of order by a few ms mostly, by much sometimes: within the bounds, late, or too late. */
const randomEvent = (random: Random, timeMs: number, hasBad: boolean): SimEvent => {
  if (hasBad && random.uniform() < 0.1) return { kind: random.pick(['garbage', 'future']) }
  return {
    kind: 'event',
    timeMs: Math.max(START_MS, timeMs - Math.floor(-7 * Math.log(1 - random.uniform()))),
    model: random.pick(NAMES),
    version: random.pick(['1', '1', '2', '3']),
    market: random.pick(['de', 'at', 'ch']),
    latencyMs: (1 + random.below(90)) / 7,
    temp: random.uniform() < 0.2 ? null : random.below(1000) / 3,
    isError: random.uniform() < 0.1,
  }
}
