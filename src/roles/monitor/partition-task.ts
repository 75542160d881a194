import type { Logger } from 'pino'
import type { Fetched, PartitionReader } from '../../consumers/log.ts'
import { type MonitorContext, OwnershipLost, RETRY } from './context.ts'
import { openSession, type PartitionSession } from './partition-session.ts'
import type { PauseReason } from './pausing.ts'
import { restorePanes, StoredStateRefused, startOf } from './restore.ts'
import { Stopped, untilAvailable } from './retry.ts'

/** One owned input partition: reads, folds, checkpoints. Lives from a claim to a stop, or to the loss of the partition. */
export type PartitionTask = Readonly<{
  /** Asks for a checkpoint at the next opportunity (a rebalance has begun). */
  checkpointSoon(): void
  /** Offset of the last restart point in the store, for lag tools. */
  restartOffset(): bigint | undefined
  /** Ends it with a last checkpoint of everything. */
  stop(): Promise<void>
  /** Resolves when it was stopped; rejects with OwnershipLost, StoredStateRefused, or what else ended it. */
  ended: Promise<void>
}>

export type PartitionTaskOptions = Readonly<{
  partition: number
  token: string
  /** A checkpoint is in the store: shards may have more to fire. */
  onCheckpoint(): void
  /** Whether the group or the store knows of an earlier owner, although no state is stored. */
  everOwned(): Promise<boolean>
  /** Reading pauses; null: it goes on. */
  onPause(reason: PauseReason | null): void
}>

export const startPartitionTask = (context: MonitorContext, options: PartitionTaskOptions): PartitionTask => {
  const stopping = new AbortController()
  const logger = context.logger.child({ partition: options.partition })
  let session: PartitionSession | undefined
  const run = async (): Promise<void> => {
    const { topics } = context.config.kafka
    const reader = await context.log.reader({ topic: topics.predictions, partition: options.partition })
    try {
      session = await claim(context, options, reader, logger, stopping.signal)
      await consume(context, options, session, reader, logger, stopping.signal)
      await session.finish()
    } finally {
      session?.close()
      await reader.close()
      context.metrics.process.forgetPartition('monitor', topics.predictions, options.partition)
    }
  }
  const ended = run().catch(error => {
    if (!(error instanceof Stopped)) throw error
  })
  ended.catch(() => {}) // whoever waits for it hears of it
  return {
    checkpointSoon: () => session?.checkpointSoon(),
    restartOffset: () => session?.restartOffset(),
    stop: async () => {
      stopping.abort()
      await ended.catch(() => {})
    },
    ended,
  }
}

const claim = async (
  context: MonitorContext,
  options: PartitionTaskOptions,
  reader: PartitionReader,
  logger: Logger,
  signal: AbortSignal,
): Promise<PartitionSession> => {
  const { partition, token } = options
  const waiting = { clock: context.clock, logger, signal, what: `state of partition ${partition}` }
  const claimed = await untilAvailable(() => context.store.partitions.claim(partition, token), waiting)
  const restored = await untilAvailable(() => restorePanes(context, partition, claimed.meta), waiting)
  const start = await untilAvailable(() => startOf(context, partition, reader, claimed.meta, options.everOwned), {
    ...waiting,
    what: `log of partition ${partition}`,
    isTransient: error => !(error instanceof StoredStateRefused || error instanceof OwnershipLost),
  })
  context.metrics.process.claimed('partition')
  context.metrics.process.partitionOwned(context.config.kafka.topics.predictions, partition, claimed.epoch)
  logger.info({ offset: start.offset, epoch: claimed.epoch, openPanes: restored.panes.length }, 'partition claimed')
  return openSession(context, {
    ...options,
    start,
    commitId: claimed.commitId,
    restored: { meta: claimed.meta, ...restored },
    logger,
    signal,
  })
}

/** How often a paused partition looks whether it may go on. */
const PAUSED_MS = 100

/** Fetch, fold, checkpoint, until stopped. The next fetch is under way while an answer is folded; none is sent while paused. */
const consume = async (
  context: MonitorContext,
  options: PartitionTaskOptions,
  session: PartitionSession,
  reader: PartitionReader,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> => {
  // closing answers a fetch that waits for records
  signal.addEventListener('abort', () => void reader.close(), { once: true })
  let failures = 0
  let pending: Promise<Fetched> | undefined
  while (!signal.aborted) {
    if (pending === undefined) {
      await untilReadable(context, options, session, logger, signal)
      if (signal.aborted) return
      pending = reader.fetch(session.offset())
    }
    const fetched = await pending
    pending = undefined
    if (signal.aborted) return
    switch (fetched.kind) {
      case 'records': {
        failures = 0
        const next = fetched.nextOffset()
        if (session.pausedBy() === null) pending = reader.fetch(next)
        await session.fold(fetched)
        // a batch that turned out unreadable takes nextOffset back: what was fetched ahead is not what follows
        if (pending !== undefined && fetched.nextOffset() !== next) {
          await pending
          pending = undefined
        }
        break
      }
      case 'unavailable':
        if (failures++ === 0) logger.warn({ reason: fetched.reason }, 'reading: waiting')
        await context.clock.sleep(Math.min(RETRY.maxMs, RETRY.firstMs * 2 ** failures), signal)
        await session.tick()
        break
      case 'out-of-range':
        // what was folded is kept: the claim that follows begins after the gap
        await session.finish()
        throw new Error(
          `offset ${session.offset()} is outside the log, which holds ${fetched.lowOffset} to ${fetched.highOffset}`,
        )
      case 'corrupt':
        throw new Error(`the log is damaged at offset ${fetched.offset}: ${fetched.reason}`)
    }
  }
}

const untilReadable = async (
  { budgets, clock, progress }: MonitorContext,
  { onPause }: PartitionTaskOptions,
  session: PartitionSession,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> => {
  let said: PauseReason | null = null
  for (let reason = session.pausedBy(); reason !== null && !signal.aborted; reason = session.pausedBy()) {
    if (reason !== said) {
      logger.info({ reason, offset: session.offset(), held: Object.fromEntries(budgets.memory.byPart()) }, 'reading: paused')
      if (said !== null) session.paused(said, false)
      session.paused(reason, true)
      onPause(reason)
    }
    said = reason
    await clock.sleep(PAUSED_MS, signal)
    await session.tick()
    // unanswered: the store is down, and looked at again
    await progress.refresh().catch(() => {})
  }
  if (said !== null) {
    logger.info({ reason: said }, 'reading: goes on')
    session.paused(said, false)
    onPause(null)
  }
}
