import type { Alert } from '../alert.ts'
import type { ScheduledPolicy } from '../rules/schedule.ts'
import type { Series } from '../series.ts'

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
  firing: Map<string, Firing>
  /** `rule severity model state` as a JSON array, to the number of alerts sent. */
  alerts: Map<string, number>
  policies: ScheduledPolicy[]
}> & {
  /** What is fired waits for so many partitions; 0: as many as there were at the very first start. */
  partitions: number
}

export type Firing = Readonly<{ rule: string; severity: string; model: string }>

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
    alerts: Object.fromEntries(registry.alerts),
    policies: registry.policies,
    partitions: registry.partitions,
  } satisfies StoredRegistry)

/** Series that fell silent too long ago are forgotten. */
export const retireSeries = (registry: Registry, firedThroughMs: number, retireAfterMs: number): void => {
  for (const [key, lastMs] of registry.lastDataMs) if (lastMs + retireAfterMs < firedThroughMs) registry.lastDataMs.delete(key)
}

export const countAlert = (registry: Registry, { fingerprint, rule, severity, model, state }: Alert): void => {
  const key = JSON.stringify([rule, severity, model, state])
  registry.alerts.set(key, (registry.alerts.get(key) ?? 0) + 1)
  if (state === 'firing') registry.firing.set(fingerprint, { rule, severity, model })
  else registry.firing.delete(fingerprint)
}

export const totalsKey = (series: Series): string => JSON.stringify([series.model, series.version])

export const addTotals = (registry: Registry, series: Series, predictions: number, errors: number): void => {
  const key = totalsKey(series)
  const before = registry.totals.get(key) ?? { predictions: 0, errors: 0 }
  registry.totals.set(key, { predictions: before.predictions + predictions, errors: before.errors + errors })
}
