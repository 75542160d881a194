import type { Logger } from 'pino'
import type { ShardNumbers } from '../../sinks/prometheus/domain-metrics.ts'
import type { Alert, FiringAlert, Tombstone } from '../../windows/alert.ts'
import { countAlert, encodeRegistry, parseRegistry, type Registry, retireSeries } from '../../windows/firing/registry.ts'
import type { Plans } from '../../windows/plan.ts'
import { abandon, type RuleStates } from '../../windows/rules/engine.ts'
import type { Policy } from '../../windows/rules/policy.ts'
import { adopt, versionAt } from '../../windows/rules/schedule.ts'
import { isExpired, type RuleState } from '../../windows/rules/state.ts'
import { NO_TIME_MS } from '../../windows/time.ts'
import { type MonitorContext, OwnershipLost } from './context.ts'
import { untilAvailable } from './retry.ts'
import { shardNumbers } from './shard-numbers.ts'

/** What a shard carries from firing to firing, in memory and in the store. */
export type ShardState = Readonly<{
  registry: Registry
  rules: RuleStates
  firedThroughMs(): number
  /** The policy that judges windows which begin at `startMs`. */
  policyAt(startMs: number): Policy
  /** Takes over the policy of the last process that started, for windows that begin from now on; committed before any is judged. */
  adoptPolicy(reachMs: number): Promise<void>
  /** What is fired from now on waits for so many partitions, which is committed before; returns for how many. */
  waitFor(partitionCount: number): Promise<number>
  /** Writes everything that changed, with alerts for the outbox. Returns how many records wait there more. Throws OwnershipLost. */
  commit(throughMs: number, alerts: readonly Alert[]): Promise<number>
  /** Alerts on windows that the configuration has no more (a migration removed them): no window to come would close them. */
  closeForeign(): readonly Alert[]
  numbers(): ShardNumbers
}>

export const claimShardState = async (
  context: MonitorContext,
  options: Readonly<{ shard: number; token: string; logger: Logger; signal: AbortSignal }>,
): Promise<ShardState> => {
  const { store, clock, config, metrics, plans, policies, topology } = context
  const { shard, token, logger, signal } = options
  const waiting = { clock, logger, signal, what: `state of shard ${shard}` }
  const claimed = await untilAvailable(() => store.shards.claim(shard, token), waiting)
  const stored = await untilAvailable(() => store.shards.rules(shard), waiting)
  const registry = parseRegistry(claimed.meta?.registry ?? null)
  const states = new Map([...stored].map(([fingerprint, json]) => [fingerprint, JSON.parse(json) as RuleState]))
  const known = new Map<string, Policy>()
  let changed = new Map<string, string | null>()
  let firedThroughMs = claimed.meta?.firedThroughMs ?? NO_TIME_MS
  let { commitId } = claimed
  let sequence = 0
  metrics.process.claimed('shard')
  metrics.process.shardOwned(shard, claimed.epoch)
  logger.info({ epoch: claimed.epoch, firedThroughMs }, 'shard claimed')

  const learn = async (): Promise<void> => {
    for (const { version } of registry.policies)
      if (!known.has(version)) known.set(version, await untilAvailable(() => policies.find(version), waiting))
  }
  await learn()

  const rules: RuleStates = {
    get: fingerprint => states.get(fingerprint),
    set: (fingerprint, state) => {
      changed.set(fingerprint, state && JSON.stringify(state))
      if (state) states.set(fingerprint, state)
      else states.delete(fingerprint)
    },
  }

  /** Alerts that were over so long ago that the topic need not hold them, with all that is remembered of them. */
  const forgetResolved = (throughMs: number): readonly Tombstone[] => {
    const beforeMs = throughMs - config.time.allowedLatenessMs - config.time.alertRetentionMs
    const forgotten = [...registry.resolved].filter(([fingerprint, endMs]) => {
      if (endMs >= beforeMs) return false
      const state = rules.get(fingerprint)
      return state === undefined || isExpired(state, beforeMs)
    })
    for (const [fingerprint] of forgotten) {
      registry.resolved.delete(fingerprint)
      rules.set(fingerprint, null)
    }
    return forgotten.map(([fingerprint, endMs]) => ({ tombstone: fingerprint, endMs }))
  }

  const commit = async (throughMs: number, alerts: readonly Alert[]): Promise<number> => {
    const nextCommitId = `${token}:${++sequence}`
    const retired = retireSeries(registry, throughMs, config.time.retireAfterMs + plans.maxEveryMs)
    const tombstones = forgetResolved(throughMs)
    const command = {
      token,
      previousCommitId: commitId,
      commitId: nextCommitId,
      meta: { firedThroughMs: throughMs, registry: encodeRegistry(registry) },
      rules: changed,
      outbox: [...alerts, ...tombstones].map(record => ({ id: idOf(record), alert: JSON.stringify(record) })),
    }
    const startedMs = clock.now()
    const reply = await untilAvailable(() => store.shards.fire(shard, command), waiting)
    metrics.process.fire(reply.kind, clock.now() - startedMs)
    if (reply.kind === 'fenced' || reply.kind === 'mismatch') throw new OwnershipLost(reply.kind, `shard ${shard}`)
    commitId = nextCommitId
    firedThroughMs = throughMs
    changed = new Map()
    for (const series of retired) metrics.domain.forgetSeries(shard, series)
    return command.outbox.length
  }

  const policyAt = (startMs: number): Policy => {
    const version = versionAt(registry.policies, startMs)
    const policy = known.get(version)
    if (policy === undefined) throw new Error(`policy ${version} is scheduled and not known`)
    return policy
  }

  return {
    registry,
    rules,
    firedThroughMs: () => firedThroughMs,
    policyAt,
    adoptPolicy: async reachMs => {
      const version = await untilAvailable(() => policies.current(), waiting)
      if (!adopt(registry.policies, version, firedThroughMs, reachMs)) return
      await learn()
      await commit(firedThroughMs, [])
      logger.info(
        { policyVersion: version, fromMs: firedThroughMs },
        'windows that begin from now on are judged by another policy',
      )
    },
    waitFor: async partitionCount => {
      if (partitionCount > Math.max(registry.partitions, topology.shardCount)) {
        registry.partitions = partitionCount
        await commit(firedThroughMs, [])
      }
      return Math.max(registry.partitions, topology.shardCount)
    },
    commit,
    closeForeign: () => {
      const at = { startMs: firedThroughMs, endMs: firedThroughMs, reason: 'window-gone' } as const
      const foreign = [...registry.firing].filter(([, firing]) => !hasWindow(plans, firing))
      const alerts = foreign.flatMap(([fingerprint, firing]) =>
        abandon(fingerprint, firing, at, policyAt(firedThroughMs), rules, firedThroughMs),
      )
      for (const alert of alerts) countAlert(registry, alert)
      return alerts
    },
    numbers: () => shardNumbers(registry),
  }
}

const hasWindow = (plans: Plans, { model, window }: FiringAlert): boolean =>
  plans.planOf(model)?.config.windows.some(({ name }) => name === window) === true

const idOf = (record: Alert | Tombstone): string =>
  'tombstone' in record ? `${record.tombstone}/forgotten/${new Date(record.endMs).toISOString()}` : record.id
