import type { Logger } from 'pino'
import { windowResultRecords } from '../../sinks/topics/records.ts'
import type { Alert } from '../../windows/alert.ts'
import { fireMoment } from '../../windows/firing/fire.ts'
import { dueMoments } from '../../windows/firing/moments.ts'
import { endMs } from '../../windows/pane.ts'
import type { PaneKey } from '../../windows/store/port.ts'
import { NO_TIME_MS } from '../../windows/time.ts'
import type { WindowResult } from '../../windows/window-result.ts'
import { type Closing, closingOf } from './closing.ts'
import { type MonitorContext, OwnershipLost } from './context.ts'
import { startRelay } from './relay.ts'
import { untilAvailable } from './retry.ts'
import { createShardPanes } from './shard-panes.ts'
import { claimShardState } from './shard-state.ts'

/** What a process holds of a claimed shard. */
export type ShardSession = Readonly<{
  /** Fires everything that is due. */
  round(): Promise<void>
  /** What keeps windows or alerts from leaving; null: nothing. */
  trouble(): string | null
  close(): Promise<void>
}>

/** What a shard holds when much is due at once (a backfill, ten thousand series). */
export type ShardBounds = Readonly<{
  /** Of panes read before their windows are fired. */
  stepBytes: number
  /** Results measured before they are published. */
  resultsAtOnce: number
  resultsPerCommit: number
}>

const BOUNDS: ShardBounds = { stepBytes: 64 * 2 ** 20, resultsAtOnce: 200, resultsPerCommit: 200 }
/** As long as a partition's slice of folding: then heartbeats, fetches and partitions have a turn. */
const SLICE_MS = 10

export const claimShard = async (
  context: MonitorContext,
  options: Readonly<{
    shard: number
    token: string
    logger: Logger
    signal: AbortSignal
    onRelayEnded?: () => void
    bounds?: ShardBounds
  }>,
): Promise<ShardSession> => {
  const { budgets, store, clock, config, plans, metrics, topology } = context
  const { shard, logger, signal, bounds = BOUNDS } = options
  const waiting = { clock, logger, signal, what: `state of shard ${shard}` }
  const state = await claimShardState(context, options)
  const panes = createShardPanes(context, options)
  const frozenPanes = budgets.memory.part('frozen-panes')
  /** Partitions that are waited for, and since when the youngest are. */
  let awaited = { partitions: 0, sinceMs: clock.now() }
  let unownedSaid = false
  let trouble: string | null = null
  const relay = startRelay(context, {
    ...options,
    waiting: (await untilAvailable(() => store.shards.outbox(shard, config.budget.outboxAlerts), waiting)).length,
    onEnded: options.onRelayEnded ?? (() => {}),
  })

  const look = async (partitionCount: number): Promise<Closing> => {
    const partitions = await untilAvailable(() => store.partitions.progress(partitionCount), waiting)
    const closing = closingOf(partitions, clock.now() - awaited.sinceMs < config.time.startupGraceMs)
    if (closing.unowned.length > 0 && closing.closedThroughMs > state.firedThroughMs() && !unownedSaid) {
      unownedSaid = true
      logger.warn(
        { partitions: closing.unowned },
        'partitions that no process ever owned are waited for no longer: windows are incomplete',
      )
    }
    metrics.process.shardPaused(shard, 'startup', closing.unowned.length > 0)
    return closing
  }

  const publish = async (results: readonly WindowResult[]): Promise<void> => {
    if (results.length === 0) return
    const records = windowResultRecords(results, context.encode.windowResult)
    await untilAvailable(
      () =>
        context.writer.append(config.kafka.topics.windows, records).then(
          () => note(null),
          error => {
            note(error instanceof Error ? error.message : String(error))
            throw error
          },
        ),
      { ...waiting, what: `results of shard ${shard}`, isTransient: error => !(error instanceof OwnershipLost) },
    )
    for (const result of results) if (!result.complete) metrics.process.incompleteWindow(result.model)
    metrics.domain.windowsFired(shard, results)
    context.observer.windows(results)
  }

  const note = (reason: string | null): void => {
    trouble = reason
    metrics.process.shardPaused(shard, 'windows-topic', reason !== null)
  }

  const commit = async (throughMs: number, alerts: readonly Alert[]): Promise<void> => {
    relay.filled(await state.commit(throughMs, alerts))
    metrics.domain.shardNumbers(shard, state.numbers())
    metrics.process.shard(shard, { firedThroughMs: throughMs, series: state.registry.lastDataMs.size })
  }

  /** Alerts that the log does not take pile up only so far. */
  const isFull = (): boolean => {
    const full = relay.waiting() >= config.budget.outboxAlerts
    metrics.process.shardPaused(shard, 'outbox', full)
    return full
  }

  /** Fires what is due up to `throughMs`; less where the outbox is full meanwhile. */
  const fireThrough = async (throughMs: number, closing: Closing): Promise<void> => {
    const activities = panes.cache.activities(state.registry.lastDataMs)
    const moments = dueMoments(activities, state.firedThroughMs(), throughMs, config.time).filter(({ endMs, window, plan }) => {
      const startMs = endMs - window.sizeMs
      return startMs <= closing.endedMs && startMs >= topology.sinceMs(plan.config.name)
    })
    const firing = {
      time: config.time,
      policyAt: state.policyAt,
      panesOf: panes.cache.panesOf,
      registry: state.registry,
      rules: state.rules,
      isComplete: closing.isComplete,
    }
    let results: WindowResult[] = []
    let alerts: Alert[] = []
    let uncommitted = 0
    let sliceStartedMs = clock.now()
    const breathe = async (): Promise<void> => {
      await clock.breathe()
      sliceStartedMs = clock.now()
    }
    for (const [i, moment] of moments.entries()) {
      for (const fired of fireMoment(moment, firing)) {
        results.push(...fired.results)
        alerts.push(...fired.alerts)
        if (results.length >= bounds.resultsAtOnce) {
          uncommitted += results.length
          await publish(results)
          results = []
        }
        if (clock.now() - sliceStartedMs >= SLICE_MS) await breathe()
      }
      // all that is due at one time is committed together: firedThrough says nothing about parts of a time
      const lastOfItsTime = moments[i + 1]?.dueMs !== moment.dueMs
      const much = uncommitted + results.length >= bounds.resultsPerCommit || alerts.length >= config.budget.outboxAlerts
      if (lastOfItsTime && much) {
        await publish(results)
        await commit(moment.dueMs, alerts)
        results = []
        alerts = []
        uncommitted = 0
        await breathe()
        if (isFull()) return
      }
    }
    await publish(results)
    await commit(throughMs, alerts)
    panes.cache.forget(state.firedThroughMs())
  }

  /** Reading waits for memory, and firing for what is read: what is kept only to be quick makes room. */
  const makeRoom = (): void => {
    frozenPanes.set(panes.cache.bytes())
    if (!budgets.memory.isOver()) return
    panes.cache.clear()
    frozenPanes.set(0)
  }

  const storedFiredThrough = async (): Promise<number> =>
    (await untilAvailable(() => store.shards.firedThrough(topology.shardCount), waiting))[shard] ?? NO_TIME_MS

  /** Nothing is due, so that no commit would find out that the store lost what was fired, or the alerts that it gave rise to. */
  const verifyStored = async (): Promise<void> => {
    if ((await storedFiredThrough()) < state.firedThroughMs()) throw new OwnershipLost('mismatch', `shard ${shard}`)
  }

  /**
   * Panes that this shard still needs are gone. If the stored shard is further, this process is a zombie: what it would publish
   * from the rest would be too small. Else the store rolled back behind them: their windows have left, and are not fired again.
   */
  const settleDeleted = async (deletedThroughMs: number): Promise<void> => {
    const firedThroughMs = state.firedThroughMs()
    if (deletedThroughMs <= firedThroughMs) return
    const stored = await storedFiredThrough()
    if (stored > firedThroughMs) throw new OwnershipLost('fenced', `shard ${shard}`)
    metrics.process.skippedFiring(shard)
    logger.warn(
      { firedThroughMs, deletedThroughMs },
      'the store lost what this shard had fired: panes behind are gone, their windows are not fired again',
    )
    await commit(deletedThroughMs, [])
  }

  /** What was read is whole: no pane was deleted meanwhile (deletions are told before they happen), and nothing rolled back. */
  const verifyRead = async (partitionCount: number, closedThroughMs: number): Promise<void> => {
    const closing = await look(partitionCount)
    if (closing.closedThroughMs < closedThroughMs) throw new OwnershipLost('mismatch', `shard ${shard}`)
    if (closing.deletedThroughMs > state.firedThroughMs()) throw new OwnershipLost('fenced', `shard ${shard}`)
  }

  const round = async (): Promise<void> => {
    relay.check()
    const partitionCount = await state.waitFor(topology.partitionCount())
    if (partitionCount > awaited.partitions) awaited = { partitions: partitionCount, sinceMs: clock.now() }
    if (isFull()) return
    const closing = await look(partitionCount)
    const { closedThroughMs } = closing
    await settleDeleted(closing.deletedThroughMs)
    if (closedThroughMs <= state.firedThroughMs()) return verifyStored()
    await state.adoptPolicy(plans.reachMs)
    const closed = state.closeForeign()
    if (closed.length > 0) await commit(state.firedThroughMs(), closed)
    const keys = await panes.keys(partitionCount, state.firedThroughMs(), closedThroughMs)
    await fireStepByStep(keys, closing, partitionCount)
    makeRoom()
  }

  /** What is due may need more panes than there is room for: they are read up to some end, and what is due by then is fired. */
  const fireStepByStep = async (keys: readonly PaneKey[], closing: Closing, partitionCount: number): Promise<void> => {
    const { closedThroughMs } = closing
    for (let loaded = 0; state.firedThroughMs() < closedThroughMs; ) {
      loaded += await panes.load(partitionCount, keys.slice(loaded), closedThroughMs, bounds.stepBytes)
      frozenPanes.set(panes.cache.bytes())
      const throughMs = loaded < keys.length ? endMs(keys[loaded - 1]) : closedThroughMs
      await verifyRead(partitionCount, closedThroughMs)
      if (throughMs > state.firedThroughMs()) await fireThrough(throughMs, closing)
      if (signal.aborted || isFull()) return
    }
  }

  return {
    round,
    trouble: () => trouble ?? relay.trouble(),
    close: () => {
      frozenPanes.close()
      return relay.stop()
    },
  }
}
