import type { Ledger, PaneUsage } from '../../../windows/store/port.ts'
import { NO_TIME_MS } from '../../../windows/time.ts'
import type { Meters } from './meters.ts'

export type Role = 'monitor' | 'archive' | 'notify'

/** Where a role stands in a partition. Offsets as doubles (see record-block.ts); times in ms since the epoch. */
export type PartitionProgress = Readonly<{ position: number; highWatermark: number; watermarkMs: number | null }>

/** What a role reads and holds of partitions. */
export type PartitionMetrics = Readonly<{
  recordsRead(role: Role, topic: string, partition: number, count: number): void
  /** Records that retention took before the role came for them. */
  gap(role: Role, topic: string, partition: number, records: number): void
  deadLetters(reason: string, count: number): void
  tooLate(model: string, version: string, count: number): void
  partition(role: Role, topic: string, partition: number, progress: PartitionProgress): void
  /** Reading waits, or goes on. */
  partitionPaused(role: Role, topic: string, partition: number, reason: string, isPaused: boolean): void
  /** The owner of a partition took it, as the `epoch`-th of all owners. */
  partitionOwned(topic: string, partition: number, epoch: number): void
  /** As of the last checkpoint. */
  partitionStored(
    topic: string,
    partition: number,
    stored: Readonly<{ restartOffset: bigint; closedThroughMs: number; idle: boolean; usage: PaneUsage }>,
  ): void
  ledger(topic: string, partition: number, ledger: Ledger): void
  /** The owner raised the watermark by itself. */
  partitionRaised(topic: string, partition: number, reason: string): void
  /** The partition left: its gauges go, counters stay. */
  forgetPartition(role: Role, topic: string, partition: number): void
}>

/** The ledger's categories that add up to what was read. */
const CATEGORIES = { in_windows: 'inWindows', too_late: 'tooLate', dead_lettered: 'deadLettered', skipped: 'skipped' } as const
const PARTITION = ['role', 'topic', 'partition'] as const
const OWN = ['topic', 'partition'] as const

export const createPartitionMetrics = ({ counter, gauge, gaugeAtScrape }: Meters, nowMs: () => number): PartitionMetrics => {
  const read = counter('records_read_total', 'Records read from the log, with repeats after a restart.', PARTITION)
  const gaps = counter('gap_records_total', 'Records that left the log before they were read.', PARTITION)
  const dead = counter('dead_letters_total', 'Records sent to the dead letter topic, by reason.', ['reason'])
  const tooLate = counter(
    'too_late_events_total',
    'Events that came after their windows had left, with repeats after a restart.',
    ['model', 'version'],
  )
  const position = gauge('partition_position', 'Next offset to read.', PARTITION)
  const highWatermark = gauge('partition_high_watermark', 'Offset after the last record of the partition.', PARTITION)
  const lag = gauge('partition_lag_records', 'High watermark less position: records not yet read.', PARTITION)
  const watermark = gauge('partition_watermark_timestamp_seconds', 'No earlier event time is expected.', PARTITION)
  const paused = gauge('partition_paused', 'Whether reading waits, by reason: 1 or 0.', [...PARTITION, 'reason'])
  const epoch = gauge('partition_epoch', 'How often the partition was claimed, by any process.', OWN)
  const restartOffset = gauge('partition_restart_offset', 'Where reading would begin again after a crash.', OWN)
  const closedThrough = gauge('partition_closed_through_timestamp_seconds', 'Parts of panes are in the store up to here.', OWN)
  const idle = gauge('partition_idle', 'Whether the partition is caught up and silent, and holds nobody: 1 or 0.', OWN)
  const raised = counter('watermark_raised_total', 'Times the owner raised the watermark without an event, by reason.', [
    ...OWN,
    'reason',
  ])
  const panes = gauge('partition_panes', 'Parts of panes, of one series each, in memory (open) and in the store.', [
    ...OWN,
    'place',
  ])
  const paneBytes = gauge('partition_pane_bytes', 'Bytes of parts of panes, in memory (open) and in the store.', [
    ...OWN,
    'place',
  ])
  const ledgerRead = gauge('ledger_read_events', 'Events read since the partition began, no repeats.', OWN)
  const ledgerEvents = gauge('ledger_events', 'Events read, by where they went; the categories add up to ledger_read_events.', [
    ...OWN,
    'category',
  ])
  const ledgerLate = gauge('ledger_late_events', 'Of the events in windows, those that came late.', OWN)

  const watermarks = new Map<string, Readonly<{ labels: Record<(typeof PARTITION)[number], string>; watermarkMs: number }>>()
  gaugeAtScrape('partition_watermark_lag_seconds', 'Wall clock less watermark, at the scrape.', PARTITION, lagging => {
    for (const { labels, watermarkMs } of watermarks.values()) lagging.set(labels, (nowMs() - watermarkMs) / 1000)
  })
  const reasons = new Map<string, Set<string>>()

  const labelsOf = (role: Role, topic: string, partition: number) => ({ role, topic, partition: String(partition) })
  const keyOf = (role: Role, topic: string, partition: number) => `${role} ${topic} ${partition}`

  return {
    recordsRead: (role, topic, partition, count) => read.inc(labelsOf(role, topic, partition), count),
    gap: (role, topic, partition, records) => gaps.inc(labelsOf(role, topic, partition), records),
    deadLetters: (reason, count) => dead.inc({ reason }, count),
    tooLate: (model, version, count) => tooLate.inc({ model, version }, count),
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
    partitionPaused: (role, topic, partition, reason, isPaused) => {
      const key = keyOf(role, topic, partition)
      reasons.set(key, (reasons.get(key) ?? new Set()).add(reason))
      paused.set({ ...labelsOf(role, topic, partition), reason }, isPaused ? 1 : 0)
    },
    partitionOwned: (topic, partition, number) => epoch.set({ topic, partition: String(partition) }, number),
    partitionStored: (topic, partition, stored) => {
      const labels = { topic, partition: String(partition) }
      const { usage } = stored
      restartOffset.set(labels, Number(stored.restartOffset))
      if (stored.closedThroughMs > NO_TIME_MS) closedThrough.set(labels, stored.closedThroughMs / 1000)
      idle.set(labels, stored.idle ? 1 : 0)
      panes.set({ ...labels, place: 'open' }, usage.openPanes)
      panes.set({ ...labels, place: 'store' }, usage.storedPanes)
      paneBytes.set({ ...labels, place: 'open' }, usage.openBytes)
      paneBytes.set({ ...labels, place: 'store' }, usage.storedBytes)
    },
    ledger: (topic, partition, ledger) => {
      const labels = { topic, partition: String(partition) }
      ledgerRead.set(labels, ledger.read)
      ledgerLate.set(labels, ledger.late)
      for (const [category, field] of Object.entries(CATEGORIES)) ledgerEvents.set({ ...labels, category }, ledger[field])
    },
    partitionRaised: (topic, partition, reason) => raised.inc({ topic, partition: String(partition), reason }),
    forgetPartition: (role, topic, partition) => {
      const labels = labelsOf(role, topic, partition)
      const key = keyOf(role, topic, partition)
      for (const metric of [position, highWatermark, lag, watermark]) metric.remove(labels)
      for (const reason of reasons.get(key) ?? []) paused.remove({ ...labels, reason })
      watermarks.delete(key)
      reasons.delete(key)
      if (role !== 'monitor') return
      const own = { topic, partition: String(partition) }
      for (const metric of [ledgerRead, ledgerLate, epoch, restartOffset, closedThrough, idle]) metric.remove(own)
      for (const category of Object.keys(CATEGORIES)) ledgerEvents.remove({ ...own, category })
      for (const metric of [panes, paneBytes]) for (const place of ['open', 'store']) metric.remove({ ...own, place })
    },
  }
}
