import { NO_TIME_MS } from '../time.ts'

/**
 * Which policy judges which windows of a shard, by rising start: a window belongs to the last entry from which on or before
 * it begins. Part of the shard's state, so that whoever fires a window, and however often, judges it by the same policy.
 */
export type ScheduledPolicy = Readonly<{ fromMs: number; version: string }>

/** The version that judges windows which begin at `startMs`. */
export const versionAt = (schedule: readonly ScheduledPolicy[], startMs: number): string => {
  const entry = schedule.findLast(({ fromMs }) => fromMs <= startMs) ?? schedule[0]
  if (entry === undefined) throw new Error('no policy is scheduled')
  return entry.version
}

/**
 * Puts the version into force for windows that begin at or after `firedThroughMs`: none of them has been judged. The first
 * one holds from the beginning. Entries that no window still to come can need are forgotten. Returns whether anything changed.
 */
export const adopt = (schedule: ScheduledPolicy[], version: string, firedThroughMs: number, reachMs: number): boolean => {
  if (schedule.at(-1)?.version === version) return false
  schedule.push({ fromMs: schedule.length === 0 ? NO_TIME_MS : firedThroughMs, version })
  const oldestMs = firedThroughMs - reachMs
  const needed = schedule.findLastIndex(({ fromMs }) => fromMs <= oldestMs)
  if (needed > 0) schedule.splice(0, needed)
  return true
}
