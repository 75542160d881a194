import type { Logger } from 'pino'
import type { MonitorContext } from './context.ts'
import { Stopped } from './retry.ts'
import { claimShard } from './shard-session.ts'

/** One owned shard: fires the windows of its models, judges them, publishes. Lives from a claim to a stop or the loss of the shard. */
export type ShardTask = Readonly<{
  /** A partition has made progress: there may be something to fire. */
  wake(): void
  stop(): Promise<void>
  /** Fires whatever is due now, and no more, then resolves: nothing is left to fire until a partition makes progress. */
  ended: Promise<void>
}>

/** Partitions of other processes make progress unseen: look at least so often. */
const POLL_MS = 500

export const startShardTask = (context: MonitorContext, options: Readonly<{ shard: number; token: string }>): ShardTask => {
  const stopping = new AbortController()
  const logger: Logger = context.logger.child({ shard: options.shard })
  let pending = true
  let interrupt = new AbortController()
  const run = async (): Promise<void> => {
    const session = await claimShard(context, { ...options, logger, signal: stopping.signal })
    try {
      while (!stopping.signal.aborted) {
        pending = false
        await session.round()
        if (!pending) await context.clock.sleep(POLL_MS, AbortSignal.any([stopping.signal, interrupt.signal]))
      }
    } finally {
      await session.close()
      context.metrics.domain.forgetShard(options.shard)
      context.metrics.process.forgetShard(options.shard)
    }
  }
  const ended = run().catch(error => {
    if (!(error instanceof Stopped)) throw error
  })
  ended.catch(() => {}) // whoever waits for it hears of it
  return {
    wake: () => {
      pending = true
      interrupt.abort()
      interrupt = new AbortController()
    },
    stop: async () => {
      stopping.abort()
      await ended.catch(() => {})
    },
    ended,
  }
}
