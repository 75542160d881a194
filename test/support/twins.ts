import { pino } from 'pino'
import { Registry } from 'prom-client'
import { systemClock } from '../../src/clock.ts'
import type { Config } from '../../src/config/config.ts'
import { createMemoryLog, type MemoryLog } from '../../src/consumers/memory/log.ts'
import { createBudget } from '../../src/roles/budget.ts'
import type { MonitorContext } from '../../src/roles/monitor/context.ts'
import { createPolicies } from '../../src/roles/monitor/policies.ts'
import { createProgressBoard } from '../../src/roles/monitor/progress-board.ts'
import { createTopology } from '../../src/roles/monitor/topology.ts'
import { createDomainMetrics } from '../../src/sinks/prometheus/domain-metrics.ts'
import { createProcessMetrics } from '../../src/sinks/prometheus/process-metrics.ts'
import type { Alert } from '../../src/windows/alert.ts'
import { createPlans } from '../../src/windows/plan.ts'
import { createMemoryStore, type MemoryStore } from '../../src/windows/store/memory.ts'
import type { WindowResult } from '../../src/windows/window-result.ts'

export type Twins = Readonly<{
  context: MonitorContext
  log: MemoryLog
  store: MemoryStore
  /** What left, in order of leaving; repeats included. */
  results: WindowResult[]
  alerts: Alert[]
}>

/** A monitor's context on the in-memory twins; results and alerts leave as JSON. */
export const createTwins = async (config: Config, overrides: Partial<MonitorContext> = {}): Promise<Twins> => {
  const log = createMemoryLog({ clock: Date.now, maxWaitMs: 20 })
  const store = createMemoryStore()
  const { topics, partitions } = config.kafka
  const spec = (name: string, count: number) => ({ name, partitions: count, config: {} })
  await log.ensureTopics(
    [spec(topics.predictions, partitions), spec(topics.windows, 1), spec(topics.alerts, 1), spec(topics.deadLetters, 1)],
    { create: true },
  )
  const topology = createTopology(log, topics.predictions, { partitionCount: partitions, shardCount: partitions, sinceMs: {} })
  const registry = new Registry()
  const results: WindowResult[] = []
  const alerts: Alert[] = []
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
  const context: MonitorContext = {
    config,
    plans: createPlans(config),
    policies: await createPolicies(store.policies, { version: 'test-policy', rules: config.rules }),
    topology,
    budgets: { memory: createBudget(config.budget.memoryBytes), state: createBudget(config.budget.stateBytes) },
    progress: createProgressBoard(store, topology),
    log,
    store,
    schemas: { writerSchema: async () => null, register: async () => 1 },
    clock: systemClock,
    logger: pino({ level: 'silent' }),
    instance: 'test',
    writer: await log.writer(),
    encode: { windowResult: json, alert: json },
    metrics: {
      process: createProcessMetrics({ registry, nowMs: Date.now, defaultMetrics: false }),
      domain: createDomainMetrics(registry),
    },
    observer: { windows: fired => results.push(...fired), alerts: sent => alerts.push(...sent) },
    ...overrides,
  }
  return { context, log, store, results, alerts }
}
