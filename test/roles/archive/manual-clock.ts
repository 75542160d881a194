import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../../src/clock.ts'

/** A clock that stands still until it is told to go on to the next sleeper. */
export type ManualClock = Clock & Readonly<{ wakeNext(): void }>

export const createManualClock = (startMs: number): ManualClock => {
  let nowMs = startMs
  const sleepers = new Set<Readonly<{ atMs: number; wake: () => void }>>()
  return {
    now: () => nowMs,
    sleep: (ms, signal) =>
      new Promise(resolve => {
        if (signal?.aborted) return resolve()
        const wake = () => {
          sleepers.delete(sleeper)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        const sleeper = { atMs: nowMs + ms, wake }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', wake)
      }),
    breathe: () => nextTurn(),
    wakeNext: () => {
      const [next] = [...sleepers].toSorted((a, b) => a.atMs - b.atMs)
      if (next === undefined) return
      nowMs = Math.max(nowMs, next.atMs)
      next.wake()
    },
  }
}
