import type { Ledger, PartitionMeta, RestartPoint, ShardMeta } from '../port.ts'

/** Fields of a partition's meta hash, beside `token`, `epoch`, `commitId` and `pending`; in the order of checkpoint.lua. */
export const PARTITION_FIELDS = ['restart', 'closedThrough', 'deletedThrough', 'status'] as const
/** Likewise of a shard's, in the order of fire.lua. */
export const SHARD_FIELDS = ['firedThrough', 'registry'] as const

/** A hash field's value; null when there is none. */
export type Field = string | null

type RestartJson = Readonly<{
  offset: string
  watermarkMs: number
  maxTimeMs: number
  fingerprint?: Readonly<{ baseOffset: string; crc: number }>
  ledger: Ledger
  vocabulary: readonly string[]
  endedMs?: number
}>

/** What else a checkpoint says of its partition. */
type StatusJson = Pick<PartitionMeta, 'idle' | 'caughtUp' | 'gaps' | 'usage'>

export const partitionFields = ({ restart, closedThroughMs, deletedThroughMs, ...status }: PartitionMeta): readonly string[] => [
  encodeRestart(restart),
  String(closedThroughMs),
  String(deletedThroughMs),
  JSON.stringify(status satisfies StatusJson),
]

export const partitionMeta = ([restart, closedThrough, deletedThrough, status]: readonly Field[]): PartitionMeta | null =>
  restart === null
    ? null
    : {
        restart: decodeRestart(restart),
        closedThroughMs: Number(closedThrough),
        deletedThroughMs: Number(deletedThrough),
        ...(JSON.parse(status ?? '{}') as StatusJson), // written by partitionFields alone
      }

export const shardFields = ({ firedThroughMs, registry }: ShardMeta): readonly string[] => [String(firedThroughMs), registry]

export const shardMeta = ([firedThrough, registry]: readonly Field[]): ShardMeta | null =>
  firedThrough === null ? null : { firedThroughMs: Number(firedThrough), registry: registry ?? '' }

const encodeRestart = (restart: RestartPoint): string => {
  const { fingerprint } = restart
  return JSON.stringify({
    ...restart,
    offset: String(restart.offset),
    fingerprint: fingerprint && { ...fingerprint, baseOffset: String(fingerprint.baseOffset) },
  } satisfies RestartJson)
}

const decodeRestart = (text: string): RestartPoint => {
  const json = JSON.parse(text) as RestartJson // written by encodeRestart alone
  return {
    ...json,
    offset: BigInt(json.offset),
    fingerprint: json.fingerprint && { ...json.fingerprint, baseOffset: BigInt(json.fingerprint.baseOffset) },
  }
}
