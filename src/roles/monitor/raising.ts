import type { TimeConfig } from '../../config/config.ts'
import type { PartitionProgress } from '../../windows/store/port.ts'
import { NO_TIME_MS } from '../../windows/time.ts'
import { createHold } from './hold.ts'

/** Whether the owner of a partition raises its watermark by itself, and why. It tells so in a checkpoint before it folds again. */
export type Raise = Readonly<{ kind: 'none' } | { kind: 'raise'; reason: RaiseReason; toMs: number }>
export type RaiseReason = 'idle' | 'max-hold'

/** What a partition knows of itself after it has looked at the log. */
export type Standing = Readonly<{
  nowMs: number
  watermarkMs: number
  /** Everything in the log is read, and no open transaction hides more. */
  caughtUp: boolean
  /** The other partitions, as far as any was ever owned. */
  others: readonly (PartitionProgress | null)[]
}>

/**
 * When a partition waits no longer. Silent and caught up for the idle timeout: it is idle, and holds nobody. Caught up and not
 * silent, but behind the others (a slow clock): it holds them for at most `maxHoldMs`.
 */
export type Raising = Readonly<{
  isIdle(): boolean
  /** No records for the idle timeout. */
  isSilent(nowMs: number): boolean
  /** Records came. */
  heard(nowMs: number): void
  decide(standing: Standing): Raise
}>

const NONE: Raise = { kind: 'none' }

export const createRaising = (
  time: Pick<TimeConfig, 'idleTimeoutMs' | 'maxHoldMs'>,
  restored: Readonly<{ idle: boolean; watermarkMs: number; nowMs: number }>,
): Raising => {
  const hold = createHold(time.maxHoldMs)
  let { idle } = restored
  let silentSinceMs = restored.nowMs
  let idleFrom = { watermarkMs: restored.watermarkMs, sinceMs: restored.nowMs }

  return {
    isIdle: () => idle,
    isSilent: nowMs => nowMs - silentSinceMs >= time.idleTimeoutMs,
    heard: nowMs => {
      idle = false
      silentSinceMs = nowMs
    },
    decide: ({ nowMs, watermarkMs, caughtUp, others }) => {
      if (!caughtUp) {
        silentSinceMs = nowMs
        hold.reset()
        return NONE
      }
      if (nowMs - silentSinceMs < time.idleTimeoutMs) {
        const live = others.flatMap(meta => (meta === null || meta.idle ? [] : [meta.closedThroughMs]))
        const toMs = hold.observe(nowMs, Math.max(NO_TIME_MS, ...live), watermarkMs)
        return toMs === null ? NONE : { kind: 'raise', reason: 'max-hold', toMs }
      }
      hold.reset()
      const wasIdle = idle
      if (!wasIdle) idleFrom = { watermarkMs, sinceMs: nowMs }
      idle = true
      const toMs = idleTarget(others, { watermarkMs: idleFrom.watermarkMs, idleForMs: nowMs - idleFrom.sinceMs })
      return wasIdle && toMs <= watermarkMs ? NONE : { kind: 'raise', reason: 'idle', toMs }
    },
  }
}

/**
 * To where an idle partition raises its watermark: that of the furthest live partition; when all are idle, its own plus the
 * wall time since it went idle (never to "now": a stream of old data would all be late), or as far as any other got.
 */
export const idleTarget = (
  others: readonly (PartitionProgress | null)[],
  own: Readonly<{ watermarkMs: number; idleForMs: number }>,
): number => {
  const known = others.filter(meta => meta !== null)
  const live = known.filter(meta => !meta.idle)
  if (live.length > 0) return Math.max(...live.map(meta => meta.closedThroughMs))
  const elapsed = own.watermarkMs === NO_TIME_MS ? NO_TIME_MS : own.watermarkMs + own.idleForMs
  return Math.max(elapsed, ...known.map(meta => meta.closedThroughMs))
}
