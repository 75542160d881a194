import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { createProcessMetrics } from '../../../src/sinks/prometheus/process-metrics.ts'

const start = (nowMs = 0) => {
  const registry = new Registry()
  const metrics = createProcessMetrics({ registry, nowMs: () => nowMs, defaultMetrics: false })
  const scrape = async (): Promise<readonly string[]> =>
    (await registry.metrics()).split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return { metrics, scrape }
}

test('the ledger’s categories add up to what was read', async () => {
  const { metrics, scrape } = start()
  metrics.ledger('predictions', 3, { read: 10, inWindows: 6, late: 2, tooLate: 1, deadLettered: 2, skipped: 1 })
  const lines = await scrape()
  const value = (line: string) => Number(line.split(' ').at(-1))
  const categories = lines.filter(line => line.startsWith('tidemark_process_ledger_events{')).map(value)
  expect(categories).toEqual([6, 1, 2, 1])
  expect(lines).toContain('tidemark_process_ledger_read_events{topic="predictions",partition="3"} 10')
  expect(lines).toContain('tidemark_process_ledger_late_events{topic="predictions",partition="3"} 2')
})

test('a partition shows where it stands, and how far behind', async () => {
  const { metrics, scrape } = start(100_000)
  metrics.partition('monitor', 'predictions', 0, { position: 90, highWatermark: 100, watermarkMs: 70_000 })
  const labels = 'role="monitor",topic="predictions",partition="0"'
  expect(await scrape()).toEqual([
    `tidemark_process_partition_position{${labels}} 90`,
    `tidemark_process_partition_high_watermark{${labels}} 100`,
    `tidemark_process_partition_lag_records{${labels}} 10`,
    `tidemark_process_partition_watermark_timestamp_seconds{${labels}} 70`,
    `tidemark_process_partition_watermark_lag_seconds{${labels}} 30`,
  ])
})

test('a partition without a watermark yet shows none', async () => {
  const { metrics, scrape } = start()
  metrics.partition('monitor', 'predictions', 0, { position: 0, highWatermark: 0, watermarkMs: Number.NEGATIVE_INFINITY })
  metrics.partition('archive', 'predictions', 0, { position: 0, highWatermark: 0, watermarkMs: null })
  expect((await scrape()).filter(line => line.includes('watermark_lag') || line.includes('watermark_timestamp'))).toEqual([])
})

test('a partition that left is not shown any more, but what was counted stays', async () => {
  const { metrics, scrape } = start()
  metrics.recordsRead('monitor', 'predictions', 0, 5)
  for (const role of ['monitor', 'archive'] as const)
    metrics.partition(role, 'predictions', 0, { position: 5, highWatermark: 5, watermarkMs: 0 })
  metrics.ledger('predictions', 0, { read: 5, inWindows: 5, late: 0, tooLate: 0, deadLettered: 0, skipped: 0 })
  metrics.forgetPartition('monitor', 'predictions', 0)
  const lines = await scrape()
  expect(lines.filter(line => line.includes('role="monitor"') || line.includes('ledger'))).toEqual([
    'tidemark_process_records_read_total{role="monitor",topic="predictions",partition="0"} 5',
  ])
  expect(lines.filter(line => line.includes('role="archive"'))).toHaveLength(5)
})

test('a refused write is counted as a fence, under the call it came from', async () => {
  const { metrics, scrape } = start()
  metrics.checkpoint('ok', 4)
  metrics.checkpoint('fenced', 4)
  metrics.fire('fenced', 4)
  const lines = await scrape()
  expect(lines).toContain('tidemark_process_fences_total{call="checkpoint"} 1')
  expect(lines).toContain('tidemark_process_fences_total{call="fire"} 1')
  expect(lines).toContain('tidemark_process_checkpoint_duration_seconds_bucket{le="0.005",reply="ok"} 1')
  expect(lines).toContain('tidemark_process_checkpoint_duration_seconds_bucket{le="0.0025",reply="ok"} 0')
})

test('a dependency is up or down, a shard is gone when it moved', async () => {
  const { metrics, scrape } = start()
  metrics.dependency('store', false)
  metrics.dependency('log', true)
  metrics.shard(2, { firedThroughMs: 60_000, series: 7 })
  metrics.outbox(2, 3)
  expect(await scrape()).toEqual([
    'tidemark_process_shard_fired_through_timestamp_seconds{shard="2"} 60',
    'tidemark_process_shard_outbox_alerts{shard="2"} 3',
    'tidemark_process_shard_series{shard="2"} 7',
    'tidemark_process_dependency_up{dependency="store"} 0',
    'tidemark_process_dependency_up{dependency="log"} 1',
  ])
  metrics.forgetShard(2)
  expect((await scrape()).filter(line => line.includes('shard='))).toEqual([])
})

test('why a partition does not read on is shown until it leaves', async () => {
  const { metrics, scrape } = start()
  metrics.partitionPaused('monitor', 'predictions', 0, 'skew', true)
  metrics.partitionPaused('monitor', 'predictions', 0, 'memory-budget', false)
  const labels = 'role="monitor",topic="predictions",partition="0"'
  expect(await scrape()).toEqual([
    `tidemark_process_partition_paused{${labels},reason="skew"} 1`,
    `tidemark_process_partition_paused{${labels},reason="memory-budget"} 0`,
  ])
  metrics.forgetPartition('monitor', 'predictions', 0)
  expect(await scrape()).toEqual([])
})

test('what a partition has in the store is shown as of its last checkpoint, and goes when it moves', async () => {
  const { metrics, scrape } = start()
  metrics.partitionOwned('predictions', 1, 4)
  metrics.partitionStored('predictions', 1, {
    restartOffset: 90n,
    closedThroughMs: 60_000,
    idle: true,
    usage: { openPanes: 2, openBytes: 300, storedPanes: 5, storedBytes: 700 },
  })
  const labels = 'topic="predictions",partition="1"'
  expect(await scrape()).toEqual([
    `tidemark_process_partition_epoch{${labels}} 4`,
    `tidemark_process_partition_restart_offset{${labels}} 90`,
    `tidemark_process_partition_closed_through_timestamp_seconds{${labels}} 60`,
    `tidemark_process_partition_idle{${labels}} 1`,
    `tidemark_process_partition_panes{${labels},place="open"} 2`,
    `tidemark_process_partition_panes{${labels},place="store"} 5`,
    `tidemark_process_partition_pane_bytes{${labels},place="open"} 300`,
    `tidemark_process_partition_pane_bytes{${labels},place="store"} 700`,
  ])
  metrics.forgetPartition('monitor', 'predictions', 1)
  expect(await scrape()).toEqual([])
})

test('a budget shows what is used of it, by what holds it', async () => {
  const { metrics, scrape } = start()
  metrics.watchBudget('memory', { limitBytes: 1000, byPart: () => new Map([['records', 10]]) })
  expect(await scrape()).toEqual([
    'tidemark_process_budget_limit_bytes{budget="memory"} 1000',
    'tidemark_process_budget_used_bytes{budget="memory",part="records"} 10',
  ])
})

test('a store that lost writes is counted by the call that found out', async () => {
  const { metrics, scrape } = start()
  metrics.fire('mismatch', 1)
  expect(await scrape()).toContain('tidemark_process_mismatches_total{call="fire"} 1')
})
