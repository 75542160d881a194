import { type BackoffOptions, backoffMs } from '../../backoff.ts'
import type { Clock } from '../../clock.ts'

/** What a partition of the archive may wait for. */
export type WaitReason = 'elasticsearch' | 'memory-budget' | 'log' | 'schema-registry' | 'dead-letters' | 'group'

export type Wait = Readonly<{ reason: WaitReason; detail: string; sinceMs: number }>

export type WaitingOptions = Readonly<{
  backoff: BackoffOptions
  clock: Clock
  random: () => number
  /** What keeps the work from going on; null: nothing any more. */
  onWait: (wait: Wait | null) => void
}>

/** Waiting for a world that is slow, and saying so: one thing at a time. */
export type Waiting = Readonly<{
  begin(reason: WaitReason, detail: string): void
  /** Begins, and backs off: longer after each failure in a row. */
  after(reason: WaitReason, detail: string): Promise<void>
  /** It works again; nothing where something else is waited for. */
  over(reason: WaitReason): void
  /** Calls until it does not throw; undefined: told to stop before that. */
  until<T>(reason: WaitReason, call: () => Promise<T>): Promise<T | undefined>
}>

export const createWaiting = ({ clock, random, backoff, onWait }: WaitingOptions, signal: AbortSignal): Waiting => {
  let failures = 0
  let wait: Wait | null = null
  const begin = (reason: WaitReason, detail: string): void => {
    wait = { reason, detail, sinceMs: wait?.reason === reason ? wait.sinceMs : clock.now() }
    onWait(wait)
  }
  const after = async (reason: WaitReason, detail: string): Promise<void> => {
    failures = wait?.reason === reason ? failures + 1 : 1
    begin(reason, detail)
    await clock.sleep(backoffMs(failures, backoff, random), signal)
  }
  const over = (reason: WaitReason): void => {
    if (wait?.reason !== reason) return
    wait = null
    failures = 0
    onWait(null)
  }
  return {
    begin,
    after,
    over,
    until: async (reason, call) => {
      while (!signal.aborted) {
        try {
          const result = await call()
          over(reason)
          return result
        } catch (error) {
          await after(reason, error instanceof Error ? error.message : String(error))
        }
      }
      return undefined
    },
  }
}
