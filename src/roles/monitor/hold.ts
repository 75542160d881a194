/**
 * A caught-up partition holds what the others have closed and it has not. This remembers since when, and says to where the
 * watermark must be raised so that it holds nothing for longer than `maxHoldMs`, wall time: a partition that lags behind by a
 * bounded time (a slow clock, seldom events) is waited for, one that stays behind is not.
 */
export type Hold = Readonly<{
  /** `othersMs`: what the furthest live partition has closed. Returns where to raise to; null: nowhere. */
  observe(nowMs: number, othersMs: number, ownMs: number): number | null
  /** It is reading what is in the log, or idle: it holds for a good reason, or not at all. */
  reset(): void
}>

/** Moments remembered of the time that is waited. */
const RESOLUTION = 32

export const createHold = (maxHoldMs: number): Hold => {
  let seen: readonly Readonly<{ atMs: number; othersMs: number }>[] = []
  return {
    observe: (nowMs, othersMs, ownMs) => {
      seen = seen.filter(moment => moment.othersMs > ownMs)
      const newest = seen[seen.length - 1]
      if (othersMs > ownMs && (newest === undefined || nowMs - newest.atMs >= maxHoldMs / RESOLUTION))
        seen = [...seen, { atMs: nowMs, othersMs }]
      return seen.findLast(moment => nowMs - moment.atMs >= maxHoldMs)?.othersMs ?? null
    },
    reset: () => {
      seen = []
    },
  }
}
