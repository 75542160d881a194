import { Counter, collectDefaultMetrics, Gauge, Histogram, type Registry } from 'prom-client'
import type { FenceReply, Ledger } from '../../windows/store/port.ts'

/** Where a role stands in a partition. Offsets as doubles (see record-block.ts); times in ms since the epoch. */
export type PartitionProgress = Readonly<{ position: number; highWatermark: number; watermarkMs: number | null }>

export type Role = 'monitor' | 'archive' | 'notify'

/** What became of a document that was sent to the archive. */
export type ArchiveOutcome = 'created' | 'duplicate' | 'refused' | 'undecodable' | 'skipped'

/** Numbers of this process: they start at zero with it. Numbers of the domain survive it: domain-metrics.ts. */
export type ProcessMetrics = Readonly<{
  recordsRead(role: Role, topic: string, partition: number, count: number): void
  /** Records that retention took before the role came for them. */
  gap(role: Role, topic: string, partition: number, records: number): void
  deadLetters(reason: string, count: number): void
  /** One call to the store, with its reply. */
  checkpoint(reply: FenceReply['kind'], durationMs: number): void
  fire(reply: FenceReply['kind'], durationMs: number): void
  partition(role: Role, topic: string, partition: number, progress: PartitionProgress): void
  ledger(topic: string, partition: number, ledger: Ledger): void
  /** The partition left: its gauges go, counters stay. */
  forgetPartition(role: Role, topic: string, partition: number): void
  shard(shard: number, state: Readonly<{ firedThroughMs: number; outbox: number }>): void
  forgetShard(shard: number): void
  dependency(name: string, up: boolean): void
  archived(outcome: ArchiveOutcome, count: number): void
  /** A bulk request: answered document by document, or to be sent again as a whole. */
  archiveRequest(result: 'ok' | 'retry', durationMs: number): void
}>

export type ProcessMetricsOptions = Readonly<{
  registry: Registry
  nowMs: () => number
  /** Node's own metrics, under their customary names; off where many processes share one in a test. */
  defaultMetrics: boolean
}>

const CALL_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** The ledger's categories that add up to what was read. */
const CATEGORIES = { in_windows: 'inWindows', too_late: 'tooLate', dead_lettered: 'deadLettered', skipped: 'skipped' } as const

const meters = (registers: Registry[]) => ({
  counter: <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name: `tidemark_process_${name}`, help, labelNames, registers }),
  gauge: <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Gauge({ name: `tidemark_process_${name}`, help, labelNames, registers }),
  seconds: <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Histogram({ name: `tidemark_process_${name}_seconds`, help, labelNames, registers, buckets: CALL_SECONDS }),
})

export const createProcessMetrics = ({ registry, nowMs, defaultMetrics }: ProcessMetricsOptions): ProcessMetrics => {
  if (defaultMetrics) collectDefaultMetrics({ register: registry })
  const { counter, gauge, seconds } = meters([registry])
  const PARTITION = ['role', 'topic', 'partition'] as const

  const read = counter('records_read_total', 'Records read from the log, with repeats after a restart.', PARTITION)
  const gaps = counter('gap_records_total', 'Records that left the log before they were read.', PARTITION)
  const dead = counter('dead_letters_total', 'Records sent to the dead letter topic, by reason.', ['reason'])
  const checkpoints = seconds('checkpoint_duration', 'Checkpoint calls to the state store, by reply.', ['reply'])
  const fires = seconds('fire_duration', 'Fire calls to the state store, by reply.', ['reply'])
  const fences = counter('fences_total', 'Writes refused because the partition or shard has another owner.', ['call'])
  const position = gauge('partition_position', 'Next offset to read.', PARTITION)
  const highWatermark = gauge('partition_high_watermark', 'Offset after the last record of the partition.', PARTITION)
  const lag = gauge('partition_lag_records', 'High watermark less position: records not yet read.', PARTITION)
  const watermark = gauge('partition_watermark_timestamp_seconds', 'No earlier event time is expected.', PARTITION)
  const ledgerRead = gauge('ledger_read_events', 'Events read since the partition began, no repeats.', ['topic', 'partition'])
  const ledgerEvents = gauge('ledger_events', 'Events read, by where they went; the categories add up to ledger_read_events.', [
    'topic',
    'partition',
    'category',
  ])
  const ledgerLate = gauge('ledger_late_events', 'Of the events in windows, those that came late.', ['topic', 'partition'])
  const firedThrough = gauge('shard_fired_through_timestamp_seconds', 'Every window due up to here was fired.', ['shard'])
  const outbox = gauge('shard_outbox_alerts', 'Alerts that the log has not yet acknowledged.', ['shard'])
  const up = gauge('dependency_up', 'Whether the dependency answered last time: 1 or 0.', ['dependency'])
  const documents = counter('archive_documents_total', 'Records by what the archive did with them.', ['outcome'])
  const requests = seconds('archive_request_duration', 'Bulk requests to Elasticsearch, by result.', ['result'])

  const watermarks = new Map<string, Readonly<{ labels: Record<(typeof PARTITION)[number], string>; watermarkMs: number }>>()
  new Gauge({
    name: 'tidemark_process_partition_watermark_lag_seconds',
    help: 'Wall clock less watermark, at the scrape.',
    labelNames: PARTITION,
    registers: [registry],
    collect() {
      this.reset()
      for (const { labels, watermarkMs } of watermarks.values()) this.set(labels, (nowMs() - watermarkMs) / 1000)
    },
  })

  const labelsOf = (role: Role, topic: string, partition: number) => ({ role, topic, partition: String(partition) })
  const keyOf = (role: Role, topic: string, partition: number) => `${role} ${topic} ${partition}`

  return {
    recordsRead: (role, topic, partition, count) => read.inc(labelsOf(role, topic, partition), count),
    gap: (role, topic, partition, records) => gaps.inc(labelsOf(role, topic, partition), records),
    deadLetters: (reason, count) => dead.inc({ reason }, count),
    checkpoint: (reply, durationMs) => {
      checkpoints.observe({ reply }, durationMs / 1000)
      if (reply === 'fenced') fences.inc({ call: 'checkpoint' })
    },
    fire: (reply, durationMs) => {
      fires.observe({ reply }, durationMs / 1000)
      if (reply === 'fenced') fences.inc({ call: 'fire' })
    },
    partition: (role, topic, partition, progress) => {
      const labels = labelsOf(role, topic, partition)
      position.set(labels, progress.position)
      highWatermark.set(labels, progress.highWatermark)
      lag.set(labels, Math.max(0, progress.highWatermark - progress.position))
      const { watermarkMs } = progress
      if (watermarkMs === null || !Number.isFinite(watermarkMs)) return
      watermark.set(labels, watermarkMs / 1000)
      watermarks.set(keyOf(role, topic, partition), { labels, watermarkMs })
    },
    ledger: (topic, partition, ledger) => {
      const labels = { topic, partition: String(partition) }
      ledgerRead.set(labels, ledger.read)
      ledgerLate.set(labels, ledger.late)
      for (const [category, field] of Object.entries(CATEGORIES)) ledgerEvents.set({ ...labels, category }, ledger[field])
    },
    forgetPartition: (role, topic, partition) => {
      const labels = labelsOf(role, topic, partition)
      for (const metric of [position, highWatermark, lag, watermark]) metric.remove(labels)
      watermarks.delete(keyOf(role, topic, partition))
      if (role !== 'monitor') return
      const own = { topic, partition: String(partition) }
      for (const metric of [ledgerRead, ledgerLate]) metric.remove(own)
      for (const category of Object.keys(CATEGORIES)) ledgerEvents.remove({ ...own, category })
    },
    shard: (shard, state) => {
      if (Number.isFinite(state.firedThroughMs)) firedThrough.set({ shard: String(shard) }, state.firedThroughMs / 1000)
      outbox.set({ shard: String(shard) }, state.outbox)
    },
    forgetShard: shard => {
      firedThrough.remove({ shard: String(shard) })
      outbox.remove({ shard: String(shard) })
    },
    dependency: (name, isUp) => up.set({ dependency: name }, isUp ? 1 : 0),
    archived: (outcome, count) => documents.inc({ outcome }, count),
    archiveRequest: (result, durationMs) => requests.observe({ result }, durationMs / 1000),
  }
}
