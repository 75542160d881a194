import { setImmediate as nextTurn } from 'node:timers/promises'

/** Time as the shell needs it; tests and the simulation bring their own. */
export type Clock = Readonly<{
  /** Ms since the epoch. */
  now(): number
  /** Resolves after `ms`, or early when the signal is aborted; never throws. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Lets everything else that is waiting for the thread have a turn. */
  breathe(): Promise<void>
}>

export const systemClock: Clock = {
  now: Date.now,
  sleep: (ms, signal) =>
    new Promise(resolve => {
      if (signal?.aborted) return resolve()
      const done = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal?.addEventListener('abort', done)
    }),
  breathe: () => nextTurn(),
}
