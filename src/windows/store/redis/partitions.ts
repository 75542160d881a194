import type { CheckpointCommand, FenceReply, PaneEntry, PaneKey, PartitionStore } from '../port.ts'
import type { Client } from './client.ts'
import { type Keys, memberOf, type PartitionKeys, paneOfMember } from './keys.ts'
import { PARTITION_FIELDS, partitionFields, partitionMeta, partitionProgress, VOCABULARY_FIELD, vocabularyField } from './meta.ts'
import { claimedReply, fenceReply, untilRefused } from './replies.ts'
import { readHash } from './scan.ts'
import type { CallScript } from './scripts.ts'
import { splitByCount, splitBySize, stageOf } from './split.ts'

/** Lua's stack holds about 8,000 values: pairs of one HSET. */
const MAX_PAIRS = 1_000
const MAX_DELETES = 1_000
/** Panes read at the same time. */
const PANES_AT_ONCE = 32

export const createPartitionStore = (client: Client, call: CallScript, keys: Keys, maxCallBytes: number): PartitionStore => {
  const { ask } = client
  /** Partitions that this handle has entered in cfg since it claimed them: cfg lives on another node and may roll back alone. */
  const entered = new Set<number>()
  /** Length of the stored vocabulary, as of this handle's claim or its last checkpoint since: it only grows. */
  const vocabularies = new Map<number, number>()

  const enter = async (partition: number): Promise<void> => {
    if (entered.has(partition)) return
    await ask(redis => redis.hset(keys.cfg, `in:${partition}`, '1'))
    entered.add(partition)
  }

  const shardPanes = async (partition: number, shard: number, after: string, through: string): Promise<readonly PaneKey[]> => {
    const index = keys.partition(partition).index(shard)
    const members = await ask(redis => redis.zrangebyscore(index, after, through))
    return members.map(member => paneOfMember(member, shard))
  }

  return {
    claim: async (partition, token) => {
      entered.delete(partition)
      vocabularies.delete(partition)
      const reply = await call('claim', [keys.partition(partition).meta], [token, ...PARTITION_FIELDS, VOCABULARY_FIELD])
      const claimed = claimedReply(reply, partitionMeta)
      if (claimed.meta) vocabularies.set(partition, claimed.meta.restart.vocabulary.length)
      return claimed
    },
    paneKeys: async partition => {
      const shards = await ask(redis => redis.smembers(keys.partition(partition).shards))
      const panes = await Promise.all(shards.map(shard => shardPanes(partition, Number(shard), '-inf', '+inf')))
      return panes.flat().sort(byStart)
    },
    readPanes: async (partition, wanted) => {
      const { pane } = keys.partition(partition)
      const entries: PaneEntry[] = []
      for (const some of splitByCount(wanted, PANES_AT_ONCE)) {
        const hashes = await Promise.all(some.map(key => readHash(client, pane(key))))
        hashes.forEach((hash, i) => {
          for (const [series, bytes] of hash) entries.push({ key: some[i], series, bytes })
        })
      }
      return entries
    },
    checkpoint: async (partition, command) => {
      const unit = keys.partition(partition)
      const { length } = command.meta.restart.vocabulary
      const vocabulary = vocabularies.get(partition) === length ? '' : vocabularyField(command.meta)
      const reply = await untilRefused(writes(call, unit, command, vocabulary, maxCallBytes))
      if (reply.kind !== 'ok' && reply.kind !== 'duplicate') return reply
      vocabularies.set(partition, length)
      for (const some of splitByCount(command.deletes.slice(MAX_DELETES), MAX_DELETES)) {
        await call(
          'delete-panes',
          [unit.meta, ...some.flatMap(paneAndIndex(unit))],
          [command.token, command.commitId, ...some.map(memberOf)],
        )
      }
      await enter(partition)
      return reply
    },
    progress: count =>
      Promise.all(
        Array.from({ length: count }, async (_, partition) =>
          partitionProgress(await ask(redis => redis.hmget(keys.partition(partition).meta, ...PARTITION_FIELDS))),
        ),
      ),
    shardPaneKeys: async (partition, shard, afterMs, throughMs) =>
      [...(await shardPanes(partition, shard, `(${bound(afterMs)}`, bound(throughMs)))].sort(byStart),
  }
}

const byStart = (a: PaneKey, b: PaneKey): number => a.startMs - b.startMs || a.widthMs - b.widthMs || a.shard - b.shard

/** A score as Redis reads it. */
const bound = (timeMs: number): string => (Number.isFinite(timeMs) ? String(timeMs) : timeMs < 0 ? '-inf' : '+inf')

const paneAndIndex =
  ({ pane, index }: PartitionKeys) =>
  (key: PaneKey): readonly string[] => [pane(key), index(key.shard)]

/** The calls of a checkpoint, in order; the last one also deletes. */
function* writes(call: CallScript, unit: PartitionKeys, command: CheckpointCommand, vocabulary: string, maxCallBytes: number) {
  const parts = splitBySize(command.sets, set => set.series.length + set.bytes.length, maxCallBytes)
  const meta = partitionFields(command.meta)
  for (const [i, sets] of parts.entries()) {
    const stage = stageOf(i, parts.length)
    const deletes = i === parts.length - 1 ? command.deletes.slice(0, MAX_DELETES) : []
    const groups = groupByPane(sets)
    const keys = [...groups.map(group => group[0].key), ...deletes].flatMap(paneAndIndex(unit))
    const counts = [groups.length, deletes.length]
    const names = stage === 'first' || stage === 'more' ? '' : vocabulary
    const head = [command.token, command.previousCommitId, command.commitId, stage, ...meta, ...counts, names]
    yield async (): Promise<FenceReply> =>
      fenceReply(
        await call(
          'checkpoint',
          [unit.meta, unit.shards, ...keys],
          [...head, ...groups.flatMap(groupArguments), ...deletes.map(memberOf)],
        ),
      )
  }
}

/** Entries of one pane together, in groups that one HSET takes. */
const groupByPane = (sets: readonly PaneEntry[]): readonly (readonly PaneEntry[])[] => {
  const byPane = new Map<string, PaneEntry[]>()
  for (const set of sets) {
    const pane = `${memberOf(set.key)}:${set.key.shard}`
    const group = byPane.get(pane)
    if (group === undefined) byPane.set(pane, [set])
    else group.push(set)
  }
  return [...byPane.values()].flatMap(group => splitByCount(group, MAX_PAIRS))
}

const groupArguments = (group: readonly PaneEntry[]): readonly (string | number | Buffer)[] => {
  const [{ key }] = group
  const pairs = group.flatMap(({ series, bytes }) => [series, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)])
  return [memberOf(key), key.startMs + key.widthMs, key.shard, pairs.length, ...pairs]
}
