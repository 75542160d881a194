import { table } from '../table.ts'
import type { Blocking } from './blocking.ts'
import type { PartitionState, ShardState, StateSnapshot } from './snapshot.ts'

/** The snapshot for a terminal of 100 columns: what is blocked first, since that is what people look for. */
export const renderState = (snapshot: StateSnapshot, blocking: readonly Blocking[]): string => {
  const { namespace, topic, policyVersion, codecVersion, models, ledger, atMs, partitions, shards } = snapshot
  const { read, inWindows, late, tooLate, deadLettered, skipped } = ledger
  return [
    `namespace ${namespace}, topic ${topic}, policy ${policyVersion ?? 'none'}, codec ${codecVersion}, models ${models.join(', ')}`,
    '',
    ...(blocking.length === 0
      ? ['nothing is held back: windows wait for later events']
      : blocking.map(({ what, number, why }) => `${what} ${number}: ${why}`)),
    '',
    table(
      ['part', 'owner', 'restart', 'high', 'lag', 'closed through', 'state', 'open panes', 'stored'],
      partitions.map(partition => partitionRow(partition, atMs)),
    ),
    '',
    table(['shard', 'owner', 'fired through', 'series', 'firing', 'rules', 'outbox'], shards.map(shardRow)),
    '',
    `ledger: ${count(read)} read = ${count(inWindows)} in windows (${count(late)} late) + ${count(tooLate)} too late + ${count(deadLettered)} dead-lettered + ${count(skipped)} skipped`,
    '',
  ].join('\n')
}

const partitionRow = ({ partition, owner, member, log, stored }: PartitionState, atMs: number): readonly string[] => [
  String(partition),
  `${owner?.instance ?? '-'}${member === null ? ' (left)' : ''}`,
  stored === null ? '-' : count(stored.restartOffset),
  count(log.highOffset),
  stored === null ? '-' : count(stored.lagRecords),
  timeWithAge(stored?.closedThroughMs ?? null, atMs),
  stored === null
    ? 'new'
    : `${stored.idle ? 'idle' : stored.caughtUp ? 'live' : 'reading'}${stored.gaps.length > 0 ? ', gap' : ''}`,
  stored === null ? '-' : `${count(stored.usage.openPanes)} (${size(stored.usage.openBytes)})`,
  stored === null ? '-' : `${count(stored.usage.storedPanes)} (${size(stored.usage.storedBytes)})`,
]

const shardRow = ({ shard, owner, firedThroughMs, series, firing, rules, outbox }: ShardState): readonly string[] => [
  String(shard),
  owner?.instance ?? '-',
  firedThroughMs === null ? '-' : isoOf(firedThroughMs),
  ...[series, firing, rules, outbox].map(count),
]

const count = (n: number): string => n.toLocaleString('en')

const size = (bytes: number): string =>
  bytes < 1024 ? `${bytes} B` : bytes < 1024 ** 2 ? `${Math.round(bytes / 1024)} KiB` : `${(bytes / 1024 ** 2).toFixed(1)} MiB`

const isoOf = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')

/** In the largest unit that leaves two digits or so. */
const ageOf = (ms: number): string => {
  const [unit, name] =
    Math.abs(ms) < 120_000
      ? [1_000, 's']
      : Math.abs(ms) < 7_200_000
        ? [60_000, 'min']
        : Math.abs(ms) < 172_800_000
          ? [3_600_000, 'h']
          : [86_400_000, 'd']
  const amount = `${Math.round(Math.abs(ms) / Number(unit))} ${name}`
  return ms < 0 ? `in ${amount}` : `${amount} ago`
}

const timeWithAge = (ms: number | null, atMs: number): string => {
  if (ms === null) return 'no event yet'
  return `${isoOf(ms)}, ${ageOf(atMs - ms)}`
}
