import type { ShardNumbers } from '../../sinks/prometheus/domain-metrics.ts'
import type { Registry } from '../../windows/firing/registry.ts'

/** What a shard's registry says to Prometheus. */
export const shardNumbers = (registry: Registry): ShardNumbers => {
  const firing = new Map<string, { rule: string; severity: string; model: string; count: number }>()
  for (const { rule, severity, model } of registry.firing.values()) {
    const key = JSON.stringify([rule, severity, model])
    const entry = firing.get(key) ?? { rule, severity, model, count: 0 }
    firing.set(key, { ...entry, count: entry.count + 1 })
  }
  return {
    predictions: [...registry.totals].map(([key, totals]) => {
      const [model, version] = JSON.parse(key) as [string, string]
      return { model, version, ...totals }
    }),
    firing: [...firing.values()],
    alerts: [...registry.alerts].map(([key, count]) => {
      const [rule, severity, model, state] = JSON.parse(key) as [string, string, string, string]
      return { rule, severity, model, state, count }
    }),
  }
}
