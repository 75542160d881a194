import type { Clock } from '../../clock.ts'
import { type BackoffOptions, backoffMs } from '../../sinks/elasticsearch/backoff.ts'

export type WaitingOptions = Readonly<{
  backoff: BackoffOptions
  clock: Clock
  random: () => number
  /** What keeps the work from going on; null: nothing any more. */
  onTrouble: (reason: string | null) => void
}>

/** Waiting for a world that is slow: longer after each failure in a row, and said. */
export type Waiting = Readonly<{
  after(reason: string): Promise<void>
  /** It works again. */
  over(): void
  /** Calls until it does not throw; undefined: told to stop before that. */
  until<T>(call: () => Promise<T>): Promise<T | undefined>
}>

export const createWaiting = ({ clock, random, backoff, onTrouble }: WaitingOptions, signal: AbortSignal): Waiting => {
  let failures = 0
  const after = async (reason: string): Promise<void> => {
    failures++
    onTrouble(reason)
    await clock.sleep(backoffMs(failures, backoff, random), signal)
  }
  const over = (): void => {
    if (failures > 0) onTrouble(null)
    failures = 0
  }
  return {
    after,
    over,
    until: async call => {
      while (!signal.aborted) {
        try {
          const result = await call()
          over()
          return result
        } catch (error) {
          await after(error instanceof Error ? error.message : String(error))
        }
      }
      return undefined
    },
  }
}
