import type { Ledger, PartitionMeta, PartitionProgress, RestartPoint, ShardMeta } from '../port.ts'

/** Fields of a partition's meta hash, beside `token`, `epoch`, `commitId` and `pending`; in the order of checkpoint.lua. */
export const PARTITION_FIELDS = ['restart', 'closedThrough', 'deletedThrough', 'status'] as const
/** Read at the claim alone, and written only where it grew: names of ten thousand series are a quarter of a megabyte. */
export const VOCABULARY_FIELD = 'vocabulary'
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

export const vocabularyField = ({ restart }: PartitionMeta): string => JSON.stringify(restart.vocabulary)

export const partitionProgress = ([
  restart,
  closedThrough,
  deletedThrough,
  status,
]: readonly Field[]): PartitionProgress | null =>
  restart === null
    ? null
    : {
        restart: decodeRestart(restart),
        closedThroughMs: Number(closedThrough),
        deletedThroughMs: Number(deletedThrough),
        ...(JSON.parse(status ?? '{}') as StatusJson), // written by partitionFields alone
      }

/** With the vocabulary as the last field. */
export const partitionMeta = (fields: readonly Field[]): PartitionMeta | null => {
  const progress = partitionProgress(fields)
  const vocabulary = JSON.parse(fields[PARTITION_FIELDS.length] ?? '[]') as string[] // written by vocabularyField alone
  return progress && { ...progress, restart: { ...progress.restart, vocabulary } }
}

export const shardFields = ({ firedThroughMs, registry }: ShardMeta): readonly string[] => [String(firedThroughMs), registry]

export const shardMeta = ([firedThrough, registry]: readonly Field[]): ShardMeta | null =>
  firedThrough === null ? null : { firedThroughMs: Number(firedThrough), registry: registry ?? '' }

const encodeRestart = ({ vocabulary: _, ...restart }: RestartPoint): string => {
  const { fingerprint } = restart
  return JSON.stringify({
    ...restart,
    offset: String(restart.offset),
    fingerprint: fingerprint && { ...fingerprint, baseOffset: String(fingerprint.baseOffset) },
  } satisfies RestartJson)
}

const decodeRestart = (text: string): PartitionProgress['restart'] => {
  const json = JSON.parse(text) as RestartJson // written by encodeRestart alone
  return {
    ...json,
    offset: BigInt(json.offset),
    fingerprint: json.fingerprint && { ...json.fingerprint, baseOffset: BigInt(json.fingerprint.baseOffset) },
  }
}
