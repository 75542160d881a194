import type { BudgetConfig } from '../config/config.ts'
import type { PartitionState, ShardState, StateSnapshot } from './snapshot.ts'

/** Why windows do not close, or alerts do not leave: a sentence for people, and what it is about. */
export type Blocking = Readonly<{ what: 'partition' | 'shard'; number: number; why: string }>

/** What holds windows and alerts back now; empty where everything only waits for events. */
export const blockingOf = (snapshot: StateSnapshot, budget: Pick<BudgetConfig, 'outboxAlerts'>): readonly Blocking[] => [
  ...partitionsThatHold(snapshot),
  ...shardsThatWait(snapshot, budget),
]

const partitionsThatHold = ({ partitions }: StateSnapshot): readonly Blocking[] => {
  const about = (partition: number, why: string): Blocking => ({ what: 'partition', number: partition, why })
  const hidden = partitions.filter(hiddenRecords).map(p => about(p.partition, hiddenWhy(p)))
  const unowned = partitions.filter(({ stored }) => stored === null)
  if (unowned.length > 0) return [...unowned.map(p => about(p.partition, unownedWhy(p))), ...hidden]
  const furthestMs = Math.max(...partitions.map(closedMs))
  const slowest = partitions.reduce((a, b) => (closedMs(b) < closedMs(a) ? b : a))
  const behindMs = furthestMs - closedMs(slowest)
  if (behindMs === 0 || slowest.stored?.idle || hiddenRecords(slowest)) return hidden
  return [about(slowest.partition, slowWhy(slowest, behindMs)), ...hidden]
}

const closedMs = ({ stored }: PartitionState): number => stored?.closedThroughMs ?? Number.NEGATIVE_INFINITY

const hiddenRecords = ({ log, stored }: PartitionState): boolean =>
  stored !== null && log.lastStableOffset < log.highOffset && stored.restartOffset >= log.lastStableOffset

const hiddenWhy = ({ log }: PartitionState): string =>
  `an open transaction hides ${log.highOffset - log.lastStableOffset} records: it must be committed or aborted`

const unownedWhy = ({ member }: PartitionState): string =>
  member === null
    ? 'no process holds it and none ever did: windows wait for time.startupGrace, then leave incomplete'
    : `${member} holds it and has not written its first checkpoint yet`

const slowWhy = ({ stored, member }: PartitionState, behindMs: number): string => {
  const behind = Number.isFinite(behindMs) ? `${seconds(behindMs)} behind the furthest` : 'without any event yet'
  if (member === null) return `no process holds it now: it is ${behind}`
  if (stored?.caughtUp !== true) return `it is ${behind}, with ${stored?.replayRecords ?? 0} records from its restart point on`
  return `everything of it is read, and it is ${behind}: silent for time.idleTimeout it is waited for no longer, else for time.maxHold at most`
}

const shardsThatWait = (
  { shards, partitions }: StateSnapshot,
  budget: Pick<BudgetConfig, 'outboxAlerts'>,
): readonly Blocking[] => {
  const closedThroughMs = Math.min(...partitions.map(closedMs))
  const whyOf = ({ owner, outbox, firedThroughMs }: ShardState): string | null => {
    if (outbox >= budget.outboxAlerts) return `its outbox is full (${outbox} alerts): the alerts topic takes nothing`
    if (owner === null) return 'no process ever owned it'
    if ((firedThroughMs ?? Number.NEGATIVE_INFINITY) < closedThroughMs) return 'windows are due and not fired yet'
    return outbox > 0 ? `${outbox} alerts wait for the alerts topic` : null
  }
  return shards.flatMap(shard => {
    const why = whyOf(shard)
    return why === null ? [] : [{ what: 'shard', number: shard.shard, why } as const]
  })
}

const seconds = (ms: number): string =>
  ms < 1000 ? `${ms} ms` : ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`
