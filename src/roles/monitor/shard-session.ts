import type { Logger } from 'pino'
import type { FencedLogWriter } from '../../consumers/log.ts'
import { alertRecords, windowResultRecords } from '../../sinks/topics/records.ts'
import type { Alert } from '../../windows/alert.ts'
import { fireMoment } from '../../windows/firing/fire.ts'
import type { PartitionPart } from '../../windows/firing/frozen-panes.ts'
import { dueMoments, type Moment } from '../../windows/firing/moments.ts'
import { createPaneCache } from '../../windows/firing/pane-cache.ts'
import { encodeRegistry, parseRegistry, type Registry, retireSeries } from '../../windows/firing/registry.ts'
import { paneId } from '../../windows/pane.ts'
import type { RuleState } from '../../windows/rules/state.ts'
import type { PaneKey, PartitionMeta } from '../../windows/store/port.ts'
import { NO_TIME_MS } from '../../windows/time.ts'
import type { WindowResult } from '../../windows/window-result.ts'
import { type MonitorContext, OwnershipLost } from './context.ts'
import { decodeEntry } from './restore.ts'
import { untilAvailable } from './retry.ts'
import { shardNumbers } from './shard-numbers.ts'

/** What a process holds of a claimed shard. */
export type ShardSession = Readonly<{
  /** Fires everything that is due, and publishes what the outbox holds. */
  round(): Promise<void>
  close(): Promise<void>
}>

/** Panes read before their windows are fired: bounds memory when much is due at once (a backfill). */
const PANES_PER_STEP = 64
/** Results in one commit. */
const RESULTS_PER_COMMIT = 200
const OUTBOX_PAGE = 100

export const claimShard = async (
  context: MonitorContext,
  options: Readonly<{ shard: number; token: string; logger: Logger; signal: AbortSignal }>,
): Promise<ShardSession> => {
  const { store, clock, config, plans, policy, metrics } = context
  const { shard, token, logger, signal } = options
  const { allowedLatenessMs, retireAfterMs } = config.time
  const topics = config.kafka.topics
  const waiting = { clock, logger, signal, what: `state of shard ${shard}` }
  const anything = { ...waiting, isTransient: (error: unknown) => !(error instanceof OwnershipLost) }

  const claimed = await untilAvailable(() => store.shards.claim(shard, token), waiting)
  const stored = await untilAvailable(() => store.shards.rules(shard), waiting)
  const relay: FencedLogWriter = await untilAvailable(() => context.log.fencedWriter(`${config.namespace}-alerts-${shard}`), {
    ...anything,
    what: `alerts writer of shard ${shard}`,
  })
  const ruleStates = new Map([...stored].map(([fingerprint, json]) => [fingerprint, JSON.parse(json) as RuleState]))
  let changedRules = new Map<string, string | null>()
  const rules = {
    get: (fingerprint: string) => ruleStates.get(fingerprint),
    set: (fingerprint: string, state: RuleState | null) => {
      changedRules.set(fingerprint, state && JSON.stringify(state))
      if (state) ruleStates.set(fingerprint, state)
      else ruleStates.delete(fingerprint)
    },
  }
  const registry: Registry = parseRegistry(claimed.meta?.registry ?? null)
  const cache = createPaneCache(plans, allowedLatenessMs)
  let firedThroughMs = claimed.meta?.firedThroughMs ?? NO_TIME_MS
  let commitId = claimed.commitId
  let sequence = 0
  let outboxFilled = true
  logger.info({ epoch: claimed.epoch, firedThroughMs }, 'shard claimed')

  const commit = async (throughMs: number, results: readonly WindowResult[], alerts: readonly Alert[]): Promise<void> => {
    if (results.length > 0) {
      const records = windowResultRecords(results, context.encode.windowResult)
      await untilAvailable(() => context.writer.append(topics.windows, records), {
        ...anything,
        what: `results of shard ${shard}`,
      })
    }
    const nextCommitId = `${token}:${++sequence}`
    retireSeries(registry, throughMs, retireAfterMs)
    const command = {
      token,
      previousCommitId: commitId,
      commitId: nextCommitId,
      meta: { firedThroughMs: throughMs, registry: encodeRegistry(registry) },
      rules: changedRules,
      outbox: alerts.map(alert => ({ id: alert.id, alert: JSON.stringify(alert) })),
    }
    const startedMs = clock.now()
    const reply = await untilAvailable(() => store.shards.fire(shard, command), waiting)
    metrics.process.fire(reply.kind, clock.now() - startedMs)
    if (reply.kind === 'fenced' || reply.kind === 'mismatch') throw new OwnershipLost(reply.kind, `shard ${shard}`)
    commitId = nextCommitId
    firedThroughMs = throughMs
    changedRules = new Map()
    if (alerts.length > 0) outboxFilled = true
    metrics.domain.windowsFired(shard, results)
    metrics.domain.shardNumbers(shard, shardNumbers(registry))
    if (results.length > 0) context.observer.windows(results)
  }

  const publish = async (): Promise<void> => {
    while (outboxFilled) {
      const page = await untilAvailable(() => store.shards.outbox(shard, OUTBOX_PAGE), waiting)
      if (page.length > 0) {
        const alerts = page.map(({ alert }) => JSON.parse(alert) as Alert)
        const records = alertRecords(alerts, context.encode.alert)
        // when the outcome of a transaction is unknown the writer is done for: the shard is claimed anew, with another
        const appended = await relay.append(topics.alerts, records)
        if (appended.kind === 'fenced') throw new OwnershipLost('fenced', `alerts writer of shard ${shard}`)
        context.observer.alerts(alerts)
        const ids = page.map(({ id }) => id)
        const trimmed = await untilAvailable(() => store.shards.trimOutbox(shard, token, ids), waiting)
        if (trimmed.kind === 'fenced') throw new OwnershipLost('fenced', `shard ${shard}`)
      }
      outboxFilled = page.length === OUTBOX_PAGE
    }
  }

  /** Reads panes that windows up to `throughMs` need; all their parts are frozen, since every partition has closed beyond. */
  const load = async (keys: readonly PaneKey[], closedThroughMs: number): Promise<void> => {
    const missing = cache.missing(keys, closedThroughMs)
    if (missing.length === 0) return
    const parts = new Map<string, PartitionPart[]>(missing.map(key => [paneId(key), []]))
    for (let partition = 0; partition < context.partitionCount; partition++) {
      const entries = await untilAvailable(() => store.partitions.readPanes(partition, missing), waiting)
      for (const entry of entries) {
        const pane = decodeEntry(entry, plans)
        if (pane)
          parts
            .get(paneId(entry.key))
            ?.push({ partition, series: pane.series, asOf: pane.asOf, onTime: pane.onTime, late: pane.late })
      }
    }
    for (const key of missing) cache.put(key, parts.get(paneId(key)) ?? [], closedThroughMs)
  }

  const fireThrough = async (throughMs: number, endedMs: number): Promise<void> => {
    const due = dueMoments(cache.activities(registry.lastDataMs), firedThroughMs, throughMs, config.time)
    const moments = due.filter(moment => moment.endMs - moment.window.sizeMs <= endedMs)
    let results: WindowResult[] = []
    let alerts: Alert[] = []
    const fireOne = (moment: Moment): void => {
      const fired = fireMoment(moment, {
        time: config.time,
        policy,
        panesOf: cache.panesOf,
        registry,
        rules,
        incompleteThroughMs: NO_TIME_MS,
      })
      results.push(...fired.results)
      alerts.push(...fired.alerts)
    }
    for (const [i, moment] of moments.entries()) {
      fireOne(moment)
      // all that is due at one time is committed together: firedThrough says nothing about parts of a time
      const lastOfItsTime = moments[i + 1]?.dueMs !== moment.dueMs
      if (lastOfItsTime && results.length >= RESULTS_PER_COMMIT) {
        await commit(moment.dueMs, results, alerts)
        results = []
        alerts = []
        await publish()
        await clock.breathe()
      }
    }
    await commit(throughMs, results, alerts)
    await publish()
    cache.forget(firedThroughMs)
  }

  /**
   * Panes that this shard still needs are gone. If the stored shard is further, this process is a zombie: what it would publish
   * from the rest would be too small. Else the store rolled back behind them: their windows have left, and are not fired again.
   */
  const settleDeleted = async (deletedThroughMs: number): Promise<void> => {
    if (deletedThroughMs <= firedThroughMs) return
    const stored = (await untilAvailable(() => store.shards.firedThrough(context.partitionCount), waiting))[shard]
    if (stored !== null && stored > firedThroughMs) throw new OwnershipLost('fenced', `shard ${shard}`)
    logger.warn(
      { firedThroughMs, deletedThroughMs },
      'the store lost what this shard had fired: panes behind are gone, their windows are not fired again',
    )
    firedThroughMs = deletedThroughMs
  }

  const readProgress = () => untilAvailable(() => store.partitions.progress(context.partitionCount), waiting)

  /** What was read is whole: no pane was deleted meanwhile (deletions are told before they happen), and nothing rolled back. */
  const verifyRead = async (closedThroughMs: number): Promise<void> => {
    const progress = await readProgress()
    if (closedThrough(progress) < closedThroughMs) throw new OwnershipLost('mismatch', `shard ${shard}`)
    if (deletedThrough(progress) > firedThroughMs) throw new OwnershipLost('fenced', `shard ${shard}`)
  }

  const round = async (): Promise<void> => {
    await publish()
    const progress = await readProgress()
    const closedThroughMs = closedThrough(progress)
    await settleDeleted(deletedThrough(progress))
    if (closedThroughMs <= firedThroughMs) return
    const keys = await paneKeys(progress, closedThroughMs)
    for (let from = 0; firedThroughMs < closedThroughMs; from += PANES_PER_STEP) {
      const last = keys[from + PANES_PER_STEP - 1]
      const throughMs = last && from + PANES_PER_STEP < keys.length ? last.startMs + last.widthMs : closedThroughMs
      await load(
        keys.filter(key => key.startMs + key.widthMs <= throughMs),
        closedThroughMs,
      )
      await verifyRead(closedThroughMs)
      if (throughMs > firedThroughMs) await fireThrough(throughMs, streamEndMs(progress))
      metrics.process.shard(shard, { firedThroughMs, outbox: 0 })
      if (signal.aborted) return
    }
  }

  /** Keys of all panes that windows due from now on need, by rising end. */
  const paneKeys = async (progress: readonly (PartitionMeta | null)[], throughMs: number): Promise<readonly PaneKey[]> => {
    const found = new Map<string, PaneKey>()
    for (const partition of progress.keys()) {
      const afterMs = Math.max(NO_TIME_MS, firedThroughMs - plans.reachMs)
      const keys = await untilAvailable(() => store.partitions.shardPaneKeys(partition, shard, afterMs, throughMs), waiting)
      for (const key of keys) found.set(paneId(key), key)
    }
    return [...found.values()].sort((a, b) => a.startMs + a.widthMs - (b.startMs + b.widthMs) || a.widthMs - b.widthMs)
  }

  return { round, close: () => relay.close() }
}

const closedThrough = (progress: readonly (PartitionMeta | null)[]): number =>
  Math.min(...progress.map(meta => meta?.closedThroughMs ?? NO_TIME_MS))

const deletedThrough = (progress: readonly (PartitionMeta | null)[]): number =>
  Math.max(...progress.map(meta => meta?.deletedThroughMs ?? NO_TIME_MS))

/** Where the stream ends, if every partition says so: what begins later is no window, not an empty one. */
const streamEndMs = (progress: readonly (PartitionMeta | null)[]): number =>
  Math.max(...progress.map(meta => meta?.restart.endedMs ?? Number.POSITIVE_INFINITY))
