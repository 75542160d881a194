import type { MonitorContext } from '../../src/roles/monitor/context.ts'
import { restorePanes } from '../../src/roles/monitor/restore.ts'
import { shardOf } from '../../src/windows/hash.ts'
import { createPartitionWindows } from '../../src/windows/partition.ts'
import type { Ledger } from '../../src/windows/store/port.ts'
import { NO_TIME_MS } from '../../src/windows/time.ts'
import { columnsOf } from './columns.ts'
import type { Random } from './random.ts'

/** A claimed partition over a list of events: the windows and the store, without the log. Opening it again is a crash. */
export type TestPartition = Readonly<{
  shard: number
  ended(): boolean
  fold(count: number): Promise<void>
  checkpoint(): Promise<void>
  ledger(): Ledger
}>

let claims = 0

export const openPartition = async (
  context: MonitorContext,
  partition: number,
  events: readonly Readonly<{ timeMs: number; latencyMs: number }>[],
  random: Random,
): Promise<TestPartition> => {
  const token = `partition-${partition}-${++claims}`
  const { partitions, shards } = context.store
  const claimed = await partitions.claim(partition, token)
  const restored = await restorePanes(context, partition, claimed.meta)
  let offset = Number(claimed.meta?.restart.offset ?? 0n)
  let commitId = claimed.commitId
  let commits = 0
  let nowMs = 0
  const windows = createPartitionWindows({
    plans: context.plans,
    time: context.config.time,
    checkpoint: context.config.checkpoint,
    limits: context.config.limits,
    shardOf: model => shardOf(model, context.topology.shardCount),
    startOffset: 0,
    restored: { meta: claimed.meta, ...restored },
  })
  const last = Math.max(...events.map(e => e.timeMs))
  return {
    shard: shardOf('m', context.topology.shardCount),
    ended: () => offset >= events.length,
    fold: async count => {
      const batch = events.slice(offset, offset + count)
      windows.fold(columnsOf(batch.map((event, i) => ({ ...event, offset: offset + i }))))
      offset += batch.length
      if (offset >= events.length) windows.mark(last + 1000)
    },
    checkpoint: async () => {
      nowMs += random.below(context.config.checkpoint.maxReplayMs)
      const fired = await shards.firedThrough(context.topology.shardCount)
      const own = fired[shardOf('m', context.topology.shardCount)]
      const plan = windows.planCheckpoint({
        nextOffset: offset,
        fingerprint: undefined,
        nowMs,
        firedThroughMs: random.uniform() < 0.5 ? (own ?? NO_TIME_MS) : NO_TIME_MS,
        idle: false,
        caughtUp: false,
        everything: random.uniform() < 0.1,
      })
      const command = { token, previousCommitId: commitId, commitId: `${token}:${++commits}`, ...plan }
      const reply = await partitions.checkpoint(partition, command)
      if (reply.kind !== 'ok') throw new Error(`checkpoint refused: ${reply.kind}`)
      commitId = command.commitId
      windows.committed(plan)
    },
    ledger: windows.ledger,
  }
}
