import type { Clock } from '../../src/clock.ts'
import type { Life, Timeline } from './timeline.ts'

/** The clock of one process: virtual time, and its timers stand still with it. */
export const createVirtualClock = (timeline: Timeline, life: Life): Clock => ({
  now: timeline.nowMs,
  sleep: (ms, signal) =>
    new Promise(resolve => {
      if (signal?.aborted) return resolve()
      const done = (): void => {
        cancel()
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const cancel = timeline.after(ms, life, done)
      signal?.addEventListener('abort', done)
    }),
  breathe: () =>
    new Promise(resolve => {
      timeline.after(0, life, resolve)
    }),
})
