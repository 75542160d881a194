import type {
  CheckpointCommand,
  FireCommand,
  PaneEntry,
  PaneKey,
  PartitionMeta,
  PartitionProgress,
} from '../../../src/windows/store/port.ts'
import { NO_TIME_MS } from '../../../src/windows/time.ts'

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const text = (value: Uint8Array): string => new TextDecoder().decode(value)

export const pane = (startMs: number, shard = 0, widthMs = 10): PaneKey => ({ startMs, widthMs, shard })

export const entry = (key: PaneKey, series: string, value: string): PaneEntry => ({ key, series, bytes: bytes(value) })

export const metaAt = (offset: number | bigint, more: Partial<PartitionMeta> = {}): PartitionMeta => ({
  restart: {
    offset: BigInt(offset),
    watermarkMs: NO_TIME_MS,
    maxTimeMs: NO_TIME_MS,
    fingerprint: undefined,
    ledger: { read: 0, inWindows: 0, late: 0, tooLate: 0, deadLettered: 0, skipped: 0 },
    vocabulary: [],
  },
  closedThroughMs: NO_TIME_MS,
  deletedThroughMs: NO_TIME_MS,
  idle: false,
  caughtUp: true,
  gaps: [],
  usage: { openPanes: 0, openBytes: 0, storedPanes: 0, storedBytes: 0 },
  ...more,
})

/** What `progress` says of it. */
export const progressAt = (...of: Parameters<typeof metaAt>): PartitionProgress => progressOf(metaAt(...of))

export const progressOf = (meta: PartitionMeta): PartitionProgress => {
  const { vocabulary: _, ...restart } = meta.restart
  return { ...meta, restart }
}

/** Commit `at` by `token`, building on commit `at - 1`. */
export const checkpoint = (token: string, at: number, more: Partial<CheckpointCommand> = {}): CheckpointCommand => ({
  token,
  previousCommitId: at === 1 ? '' : `c${at - 1}`,
  commitId: `c${at}`,
  meta: metaAt(at),
  sets: [],
  deletes: [],
  ...more,
})

export const firing = (token: string, at: number, more: Partial<FireCommand> = {}): FireCommand => ({
  token,
  previousCommitId: at === 1 ? '' : `f${at - 1}`,
  commitId: `f${at}`,
  meta: { firedThroughMs: at * 10, registry: '{}' },
  rules: new Map(),
  outbox: [],
  ...more,
})
