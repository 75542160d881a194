import { NO_TIME_MS } from '../../../windows/time.ts'
import type { Meters } from './meters.ts'

/** What owned shards fire, and what keeps them from it. */
export type ShardMetrics = Readonly<{
  shardOwned(shard: number, epoch: number): void
  shard(shard: number, state: Readonly<{ firedThroughMs: number; series: number }>): void
  outbox(shard: number, alerts: number): void
  /** Firing, or the relay of alerts, waits or goes on. */
  shardPaused(shard: number, reason: ShardPauseReason, isPaused: boolean): void
  /** A window left although events of it are known to be missing. */
  incompleteWindow(model: string): void
  /** The store rolled back behind deleted panes: their windows are not fired again. */
  skippedFiring(shard: number): void
  forgetShard(shard: number): void
}>

/** `startup`: a partition was never owned; `outbox`: full; `windows-topic`, `alerts-topic`: it takes nothing. */
export type ShardPauseReason = 'startup' | 'outbox' | 'windows-topic' | 'alerts-topic'

const REASONS: readonly ShardPauseReason[] = ['startup', 'outbox', 'windows-topic', 'alerts-topic']

export const createShardMetrics = ({ counter, gauge }: Meters): ShardMetrics => {
  const epoch = gauge('shard_epoch', 'How often the shard was claimed, by any process.', ['shard'])
  const firedThrough = gauge('shard_fired_through_timestamp_seconds', 'Every window due up to here was fired.', ['shard'])
  const outbox = gauge('shard_outbox_alerts', 'Alerts that the log has not yet acknowledged.', ['shard'])
  const series = gauge('shard_series', 'Series in the registry of the shard: those that fire windows.', ['shard'])
  const paused = gauge('shard_paused', 'Whether windows or alerts of the shard wait, by reason: 1 or 0.', ['shard', 'reason'])
  const incomplete = counter('incomplete_windows_total', 'Windows fired although events of them are known to be missing.', [
    'model',
  ])
  const skipped = counter('skipped_firings_total', 'Firings left out because the store lost the state behind deleted panes.', [
    'shard',
  ])
  return {
    shardOwned: (shard, number) => epoch.set({ shard: String(shard) }, number),
    shard: (shard, state) => {
      const labels = { shard: String(shard) }
      if (state.firedThroughMs > NO_TIME_MS) firedThrough.set(labels, state.firedThroughMs / 1000)
      series.set(labels, state.series)
    },
    outbox: (shard, alerts) => outbox.set({ shard: String(shard) }, alerts),
    shardPaused: (shard, reason, isPaused) => paused.set({ shard: String(shard), reason }, isPaused ? 1 : 0),
    incompleteWindow: model => incomplete.inc({ model }),
    skippedFiring: shard => skipped.inc({ shard: String(shard) }),
    forgetShard: shard => {
      const labels = { shard: String(shard) }
      for (const metric of [epoch, firedThrough, outbox, series]) metric.remove(labels)
      for (const reason of REASONS) paused.remove({ ...labels, reason })
    },
  }
}
