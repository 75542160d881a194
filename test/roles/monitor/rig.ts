import { pino } from 'pino'
import { Registry } from 'prom-client'
import { systemClock } from '../../../src/clock.ts'
import type { Config } from '../../../src/config/config.ts'
import type { Fetched, Log, OutgoingRecord } from '../../../src/consumers/log.ts'
import { markerHeaders } from '../../../src/consumers/marker.ts'
import { createMemoryLog, type MemoryLog } from '../../../src/consumers/memory/log.ts'
import { createTopicEncoder } from '../../../src/events/avro/topic-encoder.ts'
import type { Prediction } from '../../../src/events/prediction.ts'
import { PREDICTION_DEFAULTS } from '../../../src/events/prediction-defaults.ts'
import { createMemoryRegistry } from '../../../src/events/registry.ts'
import type { MonitorContext } from '../../../src/roles/monitor/context.ts'
import { createMonitorContext } from '../../../src/roles/monitor/create-context.ts'
import { type Monitor, startMonitor } from '../../../src/roles/monitor/monitor.ts'
import { prepareTopics } from '../../../src/roles/topics.ts'
import { createDomainMetrics } from '../../../src/sinks/prometheus/domain-metrics.ts'
import { createProcessMetrics } from '../../../src/sinks/prometheus/process-metrics.ts'
import type { Alert } from '../../../src/windows/alert.ts'
import { createMemoryStore, type MemoryStore } from '../../../src/windows/store/memory.ts'
import type { StateStore } from '../../../src/windows/store/port.ts'
import type { WindowResult } from '../../../src/windows/window-result.ts'

/** One process on the rig's servers. */
export type RigProcess = Readonly<{
  context: MonitorContext
  monitor: Monitor
  /** The lines of /metrics that begin so. */
  metric(name: string): Promise<readonly string[]>
  logs: readonly string[]
  stop(): Promise<void>
}>

export type RigOptions = Readonly<{
  config?: Config
  /** What lies between the process and the servers. */
  log?: (log: Log) => Log
  store?: (store: StateStore) => StateStore
}>

/** Whole monitors on one in-memory log and store, in real time: what they publish, whichever process it was. */
export type Rig = Readonly<{
  log: MemoryLog
  store: MemoryStore
  results: readonly WindowResult[]
  alerts: readonly Alert[]
  start(options?: RigOptions): Promise<RigProcess>
  /** Events into one partition, in this order; what is not said is of model `m`, version `1`. */
  publish(partition: number, events: readonly Partial<Prediction>[]): Promise<void>
  /** A marker into each of these partitions: every window with events up to `timeMs` closes. */
  end(timeMs: number, partitions: readonly number[]): Promise<void>
  close(): Promise<void>
}>

export const createRig = async (config: Config): Promise<Rig> => {
  const log = createMemoryLog({ clock: Date.now, maxWaitMs: 5, fetchMaxBytes: config.kafka.fetchMaxBytes })
  const store = createMemoryStore()
  const schemas = createMemoryRegistry()
  await prepareTopics(log, { kafka: { ...config.kafka, createTopics: true } })
  const { predictions } = config.kafka.topics
  const encode = await createTopicEncoder('prediction', predictions, schemas)
  const writer = await log.writer()
  const results: WindowResult[] = []
  const alerts: Alert[] = []
  const processes = new Set<RigProcess>()
  let published = 0
  let started = 0

  return {
    log,
    store,
    results,
    alerts,
    start: async (options = {}) => {
      const client = log.client()
      const registry = new Registry()
      const logs: string[] = []
      const context = await createMonitorContext({
        config: options.config ?? config,
        log: options.log?.(client) ?? client,
        store: options.store?.(store) ?? store,
        schemas,
        clock: systemClock,
        logger: pino({ level: 'debug' }, { write: line => void logs.push(line) }),
        instance: `process-${started++}`,
        metrics: {
          process: createProcessMetrics({ registry, nowMs: Date.now, defaultMetrics: false }),
          domain: createDomainMetrics(registry),
        },
        observer: { windows: fired => results.push(...fired), alerts: sent => alerts.push(...sent) },
      })
      const monitor = await startMonitor(context)
      const running: RigProcess = {
        context,
        monitor,
        metric: async name => (await registry.metrics()).split('\n').filter(line => line.startsWith(name)),
        logs,
        stop: async () => {
          processes.delete(running)
          await monitor.stop()
          await client.close()
        },
      }
      processes.add(running)
      return running
    },
    publish: (partition, events) =>
      writer.append(
        predictions,
        events.map((event): OutgoingRecord => {
          const id = `e${published++}`
          return {
            key: id,
            partition,
            value: encode({ ...PREDICTION_DEFAULTS, id, time: 0, model: 'm', version: '1', ...event }),
          }
        }),
      ),
    end: (timeMs, partitions) =>
      writer.append(
        predictions,
        partitions.map(partition => ({ key: null, value: null, partition, headers: markerHeaders(timeMs) })),
      ),
    close: async () => {
      for (const running of [...processes]) await running.stop()
      await log.close()
    },
  }
}

/** Waits until `isSo` holds, however long it takes; the test's own time limit ends it. */
export const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await systemClock.sleep(2)
}

/** An answer without records: at the end of the log, or before there are more. */
export const emptyAt = (offset: number, highWatermark = offset): Fetched => ({
  kind: 'records',
  blocks: [],
  nextOffset: () => offset,
  steppedOver: () => 0,
  fingerprint: () => undefined,
  highWatermark,
  lastStableOffset: highWatermark,
})
