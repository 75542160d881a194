import type { Logger } from 'pino'
import type { Clock } from '../../clock.ts'
import { StoreUnavailable } from '../../windows/store/unavailable.ts'
import { RETRY } from './context.ts'

/** Thrown when a wait was ended by a stop. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
}

/**
 * Calls until the world answers: a store or log that is slow, gone or full is waited for, with back-off, and said once. Any
 * other error passes. The same call is repeated, so it must be safe to repeat.
 */
export const untilAvailable = async <T>(
  call: () => Promise<T>,
  options: Readonly<{
    clock: Clock
    logger: Logger
    signal: AbortSignal
    what: string
    isTransient?: (error: unknown) => boolean
  }>,
): Promise<T> => {
  const isTransient = options.isTransient ?? (error => error instanceof StoreUnavailable)
  for (let failures = 0; ; failures++) {
    try {
      const result = await call()
      if (failures > 0) options.logger.info({ attempts: failures + 1 }, `${options.what}: works again`)
      return result
    } catch (error) {
      if (!isTransient(error)) throw error
      if (failures === 0)
        options.logger.warn({ reason: error instanceof Error ? error.message : String(error) }, `${options.what}: waiting`)
      await options.clock.sleep(Math.min(RETRY.maxMs, RETRY.firstMs * 2 ** failures), options.signal)
      if (options.signal.aborted) throw new Stopped(options.what)
    }
  }
}
