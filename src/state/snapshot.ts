import type { Log } from '../consumers/log.ts'
import { parseRegistry } from '../windows/firing/registry.ts'
import { addLedgers, NO_EVENTS } from '../windows/ledger.ts'
import type { Ledger, Owner, PaneUsage, PartitionProgress, ShardView, StateStore } from '../windows/store/port.ts'
import { NO_TIME_MS } from '../windows/time.ts'

/** Everything that a namespace keeps and where it stands, as of one look. Times in ms since the epoch; offsets as numbers. */
export type StateSnapshot = Readonly<{
  namespace: string
  topic: string
  atMs: number
  codecVersion: number
  policyVersion: string | null
  models: readonly string[]
  partitions: readonly PartitionState[]
  shards: readonly ShardState[]
  /** Summed over partitions, as of their restart points. */
  ledger: Ledger
}>

export type PartitionState = Readonly<{
  partition: number
  /** Who claimed it last; null: nobody ever did. */
  owner: Readonly<{ instance: string; epoch: number }> | null
  /** The member of the group that holds it now; null: none. */
  member: string | null
  log: Readonly<{ lowOffset: number; highOffset: number; lastStableOffset: number }>
  /** As of the last checkpoint; null: there was none. */
  stored: StoredPartition | null
}>

export type StoredPartition = Readonly<{
  restartOffset: number
  /** Records that were not read yet; 0 where the last checkpoint found none. */
  lagRecords: number
  /** Records from the restart point on: what a crash would have read again, too. */
  replayRecords: number
  /** null: no event was read yet. */
  closedThroughMs: number | null
  idle: boolean
  caughtUp: boolean
  gaps: PartitionProgress['gaps']
  usage: PaneUsage
  ledger: Ledger
}>

export type ShardState = Readonly<{
  shard: number
  owner: Readonly<{ instance: string; epoch: number }> | null
  firedThroughMs: number | null
  /** Series that fire windows, alerts that are firing, rules' states, and alerts that wait for the log. */
  series: number
  firing: number
  rules: number
  outbox: number
}>

/** null: nothing was ever stored under the namespace. Claims nothing and writes nothing. */
export const takeSnapshot = async (
  { log, store }: Readonly<{ log: Log; store: StateStore }>,
  of: Readonly<{ namespace: string; topic: string; groupId: string; atMs: number }>,
): Promise<StateSnapshot | null> => {
  const facts = await store.facts()
  if (facts === null) return null
  const { topic, groupId } = of
  const count = await log.partitionCount(topic)
  const [progress, owners, shards, members, policyVersion, ranges] = await Promise.all([
    store.partitions.progress(count),
    store.inspection.partitionOwners(count),
    store.inspection.shards(facts.shardCount),
    log.groupMembers({ groupId, topic }),
    store.policies.current(),
    Promise.all(Array.from({ length: count }, (_, partition) => rangeOf(log, topic, partition))),
  ])
  const partitions = ranges.map((range, partition): PartitionState => {
    const meta = progress[partition]
    return {
      partition,
      owner: ownerOf(owners[partition]),
      member: members.find(member => member.partitions.includes(partition))?.client ?? null,
      log: range,
      stored: meta === null ? null : storedOf(meta, range.highOffset),
    }
  })
  return {
    namespace: of.namespace,
    topic,
    atMs: of.atMs,
    codecVersion: facts.codecVersion,
    policyVersion,
    models: Object.keys(facts.models),
    partitions,
    shards: shards.map(shardOf),
    ledger: partitions.flatMap(({ stored }) => (stored ? [stored.ledger] : [])).reduce(addLedgers, NO_EVENTS),
  }
}

const rangeOf = async (log: Log, topic: string, partition: number) => {
  const reader = await log.reader({ topic, partition })
  try {
    return await reader.range()
  } finally {
    await reader.close()
  }
}

/** Tokens are `instance:partition:claim`. */
const ownerOf = (owner: Owner | null): PartitionState['owner'] =>
  owner && { instance: owner.token.split(':').slice(0, -2).join(':') || owner.token, epoch: owner.epoch }

const timeOf = (ms: number): number | null => (ms === NO_TIME_MS ? null : ms)

const storedOf = (meta: PartitionProgress, highOffset: number): StoredPartition => {
  const { restart, closedThroughMs, idle, caughtUp, gaps, usage } = meta
  const restartOffset = Number(restart.offset)
  const replayRecords = Math.max(0, highOffset - restartOffset)
  return {
    restartOffset,
    lagRecords: caughtUp ? 0 : replayRecords,
    replayRecords,
    closedThroughMs: timeOf(closedThroughMs),
    idle,
    caughtUp,
    gaps,
    usage,
    ledger: restart.ledger,
  }
}

const shardOf = ({ owner, meta, rules, outbox }: ShardView, shard: number): ShardState => {
  const registry = parseRegistry(meta?.registry ?? null)
  return {
    shard,
    owner: ownerOf(owner),
    firedThroughMs: meta === null ? null : timeOf(meta.firedThroughMs),
    series: registry.lastDataMs.size,
    firing: registry.firing.size,
    rules,
    outbox,
  }
}
