import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { Registry } from 'prom-client'
import { type Clock, systemClock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import type { OutgoingRecord } from '../consumers/log.ts'
import { markerHeaders } from '../consumers/marker.ts'
import { createMemoryLog, type MemoryLog } from '../consumers/memory/log.ts'
import { createTopicEncoder } from '../events/avro/topic-encoder.ts'
import type { Prediction } from '../events/prediction.ts'
import { createMemoryRegistry } from '../events/registry.ts'
import { createDomainMetrics } from '../sinks/prometheus/domain-metrics.ts'
import { createProcessMetrics } from '../sinks/prometheus/process-metrics.ts'
import type { Alert } from '../windows/alert.ts'
import { addLedgers, NO_EVENTS } from '../windows/ledger.ts'
import { createMemoryStore } from '../windows/store/memory.ts'
import type { Ledger } from '../windows/store/port.ts'
import { closingWatermarkMs } from '../windows/time.ts'
import type { WindowResult } from '../windows/window-result.ts'
import { createMonitorContext } from './monitor/create-context.ts'
import { drained } from './monitor/drain.ts'
import { type Monitor, startMonitor } from './monitor/monitor.ts'
import { prepareTopics } from './topics.ts'

/** The monitor on the in-memory twins: what `demo` and `replay` run. The code in between is that of `run`. */
export type Twin = Readonly<{
  log: MemoryLog
  registry: Registry
  monitor: Monitor
  /** Appends events to the predictions topic, keyed by id. */
  publish(predictions: readonly Prediction[]): Promise<void>
  /** Ends the stream: closes every window that contains an event up to `lastTimeMs`, and waits until all has left. */
  end(lastTimeMs: number): Promise<void>
  /** Over all partitions, as of their last checkpoints. */
  ledger(): Promise<Ledger>
  stop(): Promise<void>
}>

export type TwinOptions = Readonly<{
  config: Config
  logger: Logger
  /** When records are appended, as far as events from the future are concerned. */
  logClock?: () => number
  clock?: Clock
  onWindows(results: readonly WindowResult[]): void
  onAlerts(alerts: readonly Alert[]): void
}>

/** How long a fetch at the log's end waits, ms: how soon a stop and an idle partition are noticed. */
const MAX_WAIT_MS = 50

export const startTwin = async ({
  config,
  logger,
  clock = systemClock,
  logClock = clock.now,
  onWindows,
  onAlerts,
}: TwinOptions): Promise<Twin> => {
  const log = createMemoryLog({ clock: logClock, maxWaitMs: MAX_WAIT_MS, fetchMaxBytes: config.kafka.fetchMaxBytes })
  await prepareTopics(log, { kafka: { ...config.kafka, createTopics: true } })
  const schemas = createMemoryRegistry()
  const registry = new Registry()
  const context = await createMonitorContext({
    config,
    log,
    store: createMemoryStore(),
    schemas,
    clock,
    logger,
    instance: randomUUID(),
    metrics: {
      process: createProcessMetrics({ registry, nowMs: clock.now, defaultMetrics: true }),
      domain: createDomainMetrics(registry),
    },
    observer: { windows: onWindows, alerts: onAlerts },
  })
  const { predictions } = config.kafka.topics
  const encode = await createTopicEncoder('prediction', predictions, schemas)
  const monitor = await startMonitor(context)
  const stopping = new AbortController()

  return {
    log,
    registry,
    monitor,
    publish: async events => {
      await context.writer.append(
        predictions,
        events.map((event): OutgoingRecord => ({ key: event.id, value: encode(event) })),
      )
    },
    end: async lastTimeMs => {
      const markers = Array.from({ length: context.topology.partitionCount() }, (_, partition) => ({
        key: null,
        value: null,
        partition,
        headers: markerHeaders(lastTimeMs),
      }))
      await context.writer.append(predictions, markers)
      const untilMs = closingWatermarkMs(context.plans.classes, lastTimeMs, config.time.allowedLatenessMs)
      await Promise.race([drained(context, untilMs, stopping.signal), monitor.failed])
    },
    ledger: async () => {
      const metas = await context.store.partitions.progress(context.topology.partitionCount())
      return metas.flatMap(meta => (meta ? [meta.restart.ledger] : [])).reduce(addLedgers, NO_EVENTS)
    },
    stop: async () => {
      stopping.abort()
      await monitor.stop()
      await log.close()
    },
  }
}
