import type { Logger } from 'pino'
import { windowResultRecords } from '../../sinks/topics/records.ts'
import type { Alert } from '../../windows/alert.ts'
import { fireMoment } from '../../windows/firing/fire.ts'
import { dueMoments, type Moment } from '../../windows/firing/moments.ts'
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

/** Panes read before their windows are fired: bounds memory when much is due at once (a backfill). */
const PANES_PER_STEP = 64
/** Results in one commit. */
const RESULTS_PER_COMMIT = 200

export const claimShard = async (
  context: MonitorContext,
  options: Readonly<{ shard: number; token: string; logger: Logger; signal: AbortSignal; onRelayEnded?: () => void }>,
): Promise<ShardSession> => {
  const { store, clock, config, plans, metrics, topology } = context
  const { shard, logger, signal } = options
  const waiting = { clock, logger, signal, what: `state of shard ${shard}` }
  const state = await claimShardState(context, options)
  const panes = createShardPanes(context, options)
  const claimedMs = clock.now()
  let unownedSaid = false
  let trouble: string | null = null
  const relay = startRelay(context, {
    ...options,
    waiting: (await untilAvailable(() => store.shards.outbox(shard, config.budget.outboxAlerts), waiting)).length,
    onEnded: options.onRelayEnded ?? (() => {}),
  })

  const look = async (partitionCount: number): Promise<Closing> => {
    const partitions = await untilAvailable(() => store.partitions.progress(partitionCount), waiting)
    const closing = closingOf(partitions, clock.now() - claimedMs < config.time.startupGraceMs)
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
  }

  const note = (reason: string | null): void => {
    trouble = reason
    metrics.process.shardPaused(shard, 'windows-topic', reason !== null)
  }

  const commit = async (throughMs: number, results: readonly WindowResult[], alerts: readonly Alert[]): Promise<void> => {
    await publish(results)
    await state.commit(throughMs, alerts)
    relay.filled(alerts.length)
    for (const result of results) if (!result.complete) metrics.process.incompleteWindow(result.model)
    metrics.domain.windowsFired(shard, results)
    metrics.domain.shardNumbers(shard, state.numbers())
    metrics.process.shard(shard, { firedThroughMs: throughMs, outbox: relay.waiting(), series: state.registry.lastDataMs.size })
    if (results.length > 0) context.observer.windows(results)
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
    let results: WindowResult[] = []
    let alerts: Alert[] = []
    const fireOne = (moment: Moment): void => {
      for (const fired of fireMoment(moment, {
        time: config.time,
        policyAt: state.policyAt,
        panesOf: panes.cache.panesOf,
        registry: state.registry,
        rules: state.rules,
        isComplete: closing.isComplete,
      })) {
        results.push(...fired.results)
        alerts.push(...fired.alerts)
      }
    }
    for (const [i, moment] of moments.entries()) {
      fireOne(moment)
      // all that is due at one time is committed together: firedThrough says nothing about parts of a time
      const lastOfItsTime = moments[i + 1]?.dueMs !== moment.dueMs
      if (lastOfItsTime && (results.length >= RESULTS_PER_COMMIT || alerts.length >= config.budget.outboxAlerts)) {
        await commit(moment.dueMs, results, alerts)
        results = []
        alerts = []
        await clock.breathe()
        if (isFull()) return
      }
    }
    await commit(throughMs, results, alerts)
    panes.cache.forget(state.firedThroughMs())
  }

  /**
   * Panes that this shard still needs are gone. If the stored shard is further, this process is a zombie: what it would publish
   * from the rest would be too small. Else the store rolled back behind them: their windows have left, and are not fired again.
   */
  const settleDeleted = async (deletedThroughMs: number): Promise<void> => {
    const firedThroughMs = state.firedThroughMs()
    if (deletedThroughMs <= firedThroughMs) return
    const stored = (await untilAvailable(() => store.shards.firedThrough(topology.shardCount), waiting))[shard]
    if (stored !== null && stored > firedThroughMs) throw new OwnershipLost('fenced', `shard ${shard}`)
    metrics.process.skippedFiring(shard)
    logger.warn(
      { firedThroughMs, deletedThroughMs },
      'the store lost what this shard had fired: panes behind are gone, their windows are not fired again',
    )
    await commit(deletedThroughMs, [], [])
  }

  /** What was read is whole: no pane was deleted meanwhile (deletions are told before they happen), and nothing rolled back. */
  const verifyRead = async (partitionCount: number, closedThroughMs: number): Promise<void> => {
    const closing = await look(partitionCount)
    if (closing.closedThroughMs < closedThroughMs) throw new OwnershipLost('mismatch', `shard ${shard}`)
    if (closing.deletedThroughMs > state.firedThroughMs()) throw new OwnershipLost('fenced', `shard ${shard}`)
  }

  const round = async (): Promise<void> => {
    relay.check()
    if (isFull()) return
    const partitionCount = topology.partitionCount()
    const closing = await look(partitionCount)
    const { closedThroughMs } = closing
    await settleDeleted(closing.deletedThroughMs)
    if (closedThroughMs <= state.firedThroughMs()) return
    await state.adoptPolicy(plans.reachMs)
    const keys = await panes.keys(partitionCount, state.firedThroughMs(), closedThroughMs)
    for (let from = 0; state.firedThroughMs() < closedThroughMs; from += PANES_PER_STEP) {
      const last = keys[from + PANES_PER_STEP - 1]
      const throughMs = last && from + PANES_PER_STEP < keys.length ? last.startMs + last.widthMs : closedThroughMs
      const needed = keys.filter(key => key.startMs + key.widthMs <= throughMs)
      await panes.load(partitionCount, needed, closedThroughMs)
      await verifyRead(partitionCount, closedThroughMs)
      if (throughMs > state.firedThroughMs()) await fireThrough(throughMs, closing)
      if (signal.aborted || isFull()) return
    }
  }

  return {
    round,
    trouble: () => trouble ?? relay.trouble(),
    close: () => relay.stop(),
  }
}
