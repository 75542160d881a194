import type { Logger } from 'pino'
import type { MonitorContext } from './context.ts'
import { Stopped } from './retry.ts'
import { claimShard, type ShardSession } from './shard-session.ts'

/** One owned shard: fires the windows of its models, judges them, publishes. Lives from a claim to a stop or the loss of the shard. */
export type ShardTask = Readonly<{
  /** A partition has made progress: there may be something to fire. */
  wake(): void
  /** What keeps windows or alerts from leaving; null: nothing. */
  trouble(): string | null
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
  let session: ShardSession | undefined
  const wake = (): void => {
    pending = true
    interrupt.abort()
    interrupt = new AbortController()
  }
  const run = async (): Promise<void> => {
    // the relay ends with the session, whichever fails first
    const ending = new AbortController()
    const signal = AbortSignal.any([stopping.signal, ending.signal])
    session = await claimShard(context, { ...options, logger, signal, onRelayEnded: wake })
    try {
      while (!stopping.signal.aborted) {
        pending = false
        await session.round()
        if (!pending) await context.clock.sleep(POLL_MS, AbortSignal.any([stopping.signal, interrupt.signal]))
      }
    } finally {
      ending.abort()
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
    wake,
    trouble: () => session?.trouble() ?? null,
    stop: async () => {
      stopping.abort()
      await ended.catch(() => {})
    },
    ended,
  }
}
