import type { CheckpointCommand, Claimed, PaneEntry, PaneKey, PartitionMeta } from '../../../../src/windows/store/port.ts'
import { bytes, metaAt, text } from '../samples.ts'
import { EVENTS, frozenAt, PANES, paneOf, seriesOf, WIDTH_MS } from './log.ts'

export type Part = {
  readonly key: PaneKey
  readonly series: string
  asOf: number
  count: number
  stored: number
  firstMissing: number
}

/** `asOf count` as bytes. */
export const encode = (asOf: number, count: number): Uint8Array => bytes(`${asOf} ${count}`)
export const decode = (value: Uint8Array): Readonly<{ asOf: number; count: number }> => {
  const [asOf, count] = text(value).split(' ').map(Number)
  return { asOf, count }
}

/** How checkpoints say what they add, and replays what is there already; only the first is right, which is the point. */
export type Writing = 'values' | 'increments' | 'values, replayed without asOf'

/** One owner's memory of a partition: folds the log and plans checkpoints, as src/windows does, in little. */
export type PartitionWriter = Readonly<{
  token: string
  fold(count: number): void
  /** `mask` says which panes that still change are written. */
  plan(commitId: string, serial: number, mask: number, firedThroughMs: number): CheckpointCommand
  committed(command: CheckpointCommand): void
}>

const NONE = Number.POSITIVE_INFINITY

export const createPartitionWriter = (
  token: string,
  claimed: Claimed<PartitionMeta>,
  stored: readonly PaneEntry[],
  writing: Writing,
): PartitionWriter => {
  const parts = new Map<string, Part>()
  let commitId = claimed.commitId
  let position = Number(claimed.meta?.restart.offset ?? 0n)
  let deletedThroughMs = claimed.meta?.deletedThroughMs ?? 0
  for (const { key, series, bytes } of stored) {
    const { asOf, count } = decode(bytes)
    parts.set(`${key.startMs} ${series}`, { key, series, asOf, count, stored: count, firstMissing: NONE })
  }

  const partOf = (offset: number): Part => {
    const startMs = paneOf(offset) * WIDTH_MS
    const id = `${startMs} ${seriesOf(offset)}`
    const key = { startMs, widthMs: WIDTH_MS, shard: 0 }
    const part = parts.get(id) ?? { key, series: seriesOf(offset), asOf: 0, count: 0, stored: 0, firstMissing: NONE }
    parts.set(id, part)
    return part
  }

  return {
    token,
    fold: count => {
      for (const end = Math.min(EVENTS, position + count); position < end; position++) {
        const part = partOf(position)
        if (position < part.asOf && writing !== 'values, replayed without asOf') continue
        part.asOf = Math.max(part.asOf, position + 1)
        part.count++
        part.firstMissing = Math.min(part.firstMissing, position)
      }
    },
    plan: (nextCommitId, serial, mask, firedThroughMs) => {
      const dirty = [...parts.values()].filter(part => part.firstMissing !== NONE)
      const isWritten = ({ key: { startMs } }: Part): boolean =>
        frozenAt(startMs / WIDTH_MS) <= position || ((mask >> ((startMs / WIDTH_MS) % 4)) & 1) === 1
      const restart = Math.min(position, ...dirty.filter(part => !isWritten(part)).map(part => part.firstMissing))
      let closed = 0
      while (closed < PANES && frozenAt(closed) <= position) closed++
      const closedThroughMs = closed * WIDTH_MS
      const deletable = Math.min(closedThroughMs, firedThroughMs)
      const kept = [...parts.values()].filter(part => part.asOf > restart).map(part => part.key.startMs)
      deletedThroughMs = Math.max(deletedThroughMs, Math.min(deletable, ...kept))
      const sets = dirty
        .toReversed()
        .filter(isWritten)
        .map(({ key, series, asOf, count, stored }) => ({
          key,
          series,
          bytes: encode(asOf, writing === 'increments' ? count - stored : count),
        }))
      const deletes = [...parts.values()].map(part => part.key).filter(key => key.startMs + WIDTH_MS <= deletedThroughMs)
      const { ledger } = metaAt(0).restart
      const meta = metaAt(restart, { closedThroughMs, deletedThroughMs })
      return {
        token,
        previousCommitId: commitId,
        commitId: nextCommitId,
        meta: { ...meta, restart: { ...meta.restart, ledger: { ...ledger, read: serial } } },
        sets,
        deletes,
      }
    },
    committed: command => {
      commitId = command.commitId
      for (const { key, series, bytes } of command.sets) {
        const part = parts.get(`${key.startMs} ${series}`)
        if (part === undefined) continue
        const { asOf, count } = decode(bytes)
        part.stored = writing === 'increments' ? part.stored + count : count
        if (part.asOf === asOf) part.firstMissing = NONE
      }
      for (const key of command.deletes) for (const [id, part] of parts) if (part.key.startMs === key.startMs) parts.delete(id)
    },
  }
}
