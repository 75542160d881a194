import type { Alert, FiringAlert } from '../alert.ts'
import type { ScheduledPolicy } from '../rules/schedule.ts'
import { ALL_VERSIONS, parseSeriesKey, type Series, seriesKey } from '../series.ts'

/**
 * What a shard remembers from firing to firing: when each series last had data (it speaks in empty windows until it is
 * retired), and totals that survive restarts and moves.
 */
export type Registry = Readonly<{
  /** Series key to the end of its last pane with data. */
  lastDataMs: Map<string, number>
  /** `model version` as a JSON array, to cumulated counts over fired windows. */
  totals: Map<string, Totals>
  /** Fingerprint to what is firing. */
  firing: Map<string, FiringAlert>
  /** Fingerprint to the end of the window with which it was over. */
  resolved: Map<string, number>
  /** `rule severity model state` as a JSON array, to the number of alerts sent. */
  alerts: Map<string, number>
  policies: ScheduledPolicy[]
}> & {
  /** What is fired waits for so many partitions; 0: as many as there were at the very first start. */
  partitions: number
}

export type Totals = Readonly<{ predictions: number; errors: number }>

type Maps = Omit<Registry, 'policies' | 'partitions'>
type StoredRegistry = Readonly<
  { [field in keyof Maps]: Record<string, Maps[field] extends Map<string, infer V> ? V : never> } & {
    policies: readonly ScheduledPolicy[]
    partitions?: number
  }
>

export const parseRegistry = (json: string | null): Registry => {
  const stored = json === null ? null : (JSON.parse(json) as StoredRegistry)
  return {
    lastDataMs: new Map(Object.entries(stored?.lastDataMs ?? {})),
    totals: new Map(Object.entries(stored?.totals ?? {})),
    firing: new Map(Object.entries(stored?.firing ?? {})),
    resolved: new Map(Object.entries(stored?.resolved ?? {})),
    alerts: new Map(Object.entries(stored?.alerts ?? {})),
    policies: [...(stored?.policies ?? [])],
    partitions: stored?.partitions ?? 0,
  }
}

export const encodeRegistry = (registry: Registry): string =>
  JSON.stringify({
    lastDataMs: Object.fromEntries(registry.lastDataMs),
    totals: Object.fromEntries(registry.totals),
    firing: Object.fromEntries(registry.firing),
    resolved: Object.fromEntries(registry.resolved),
    alerts: Object.fromEntries(registry.alerts),
    policies: registry.policies,
    partitions: registry.partitions,
  } satisfies StoredRegistry)

/**
 * Forgets series whose last data are older than `keptMs`, and returns them: with them all versions merged, where none is left.
 * `keptMs` is the time for which they speak, and a step more, in which their last alerts are closed.
 */
export const retireSeries = ({ lastDataMs }: Registry, firedThroughMs: number, keptMs: number): readonly Series[] => {
  const retired = [...lastDataMs].filter(([, lastMs]) => lastMs + keptMs < firedThroughMs).map(([key]) => parseSeriesKey(key))
  if (retired.length === 0) return []
  for (const series of retired) lastDataMs.delete(seriesKey(series))
  const merged = (series: Series): Series => ({ ...series, version: ALL_VERSIONS })
  const left = new Set([...lastDataMs.keys()].map(key => seriesKey(merged(parseSeriesKey(key)))))
  return retired.flatMap(series => (left.has(seriesKey(merged(series))) ? [series] : [series, merged(series)]))
}

export const countAlert = (registry: Registry, alert: Alert): void => {
  const { fingerprint, rule, severity, model, state } = alert
  const key = JSON.stringify([rule, severity, model, state])
  registry.alerts.set(key, (registry.alerts.get(key) ?? 0) + 1)
  const { version, segment, metric, subject, window, threshold, referenceVersion } = alert
  const firing = { rule, severity, model, version, segment, metric, subject, window, threshold, referenceVersion }
  if (state === 'firing') {
    registry.firing.set(fingerprint, firing)
    registry.resolved.delete(fingerprint)
  } else {
    registry.firing.delete(fingerprint)
    registry.resolved.set(fingerprint, alert.windowEnd)
  }
}

export const totalsKey = (series: Series): string => JSON.stringify([series.model, series.version])

export const addTotals = (registry: Registry, series: Series, predictions: number, errors: number): void => {
  const key = totalsKey(series)
  const before = registry.totals.get(key) ?? { predictions: 0, errors: 0 }
  registry.totals.set(key, { predictions: before.predictions + predictions, errors: before.errors + errors })
}
