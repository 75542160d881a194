import { Counter, Gauge, type Registry } from 'prom-client'
import { seriesKey } from '../../windows/series.ts'
import type { WindowResult } from '../../windows/window-result.ts'
import { type ExportedWindow, exportWindow, type Selection, selectWithinLimit } from './exported-window.ts'

/** Measures per model in `/metrics`; all of them are in the windows topic. 5,000 render in some 30 ms. */
export const MAX_MEASURES_PER_MODEL = 5_000

/** Absolute numbers out of a shard's state: they survive restarts and moves, and a replay does not count twice. */
export type ShardNumbers = Readonly<{
  /** All traffic, by version (not the merged ones: a sum over the label would count twice). */
  predictions: readonly Readonly<{ model: string; version: string; predictions: number; errors: number }>[]
  /** Alerts firing now; a count of 0 is shown as 0, what is absent is not shown. */
  firing: readonly Readonly<{ rule: string; severity: string; model: string; count: number }>[]
  /** Alerts sent so far. */
  alerts: readonly Readonly<{ rule: string; severity: string; model: string; state: string; count: number }>[]
}>

/** What the fired windows of this process's shards say. */
export type DomainMetrics = Readonly<{
  /** Keeps each series' latest window; an older one, or a lower revision of the same, changes nothing. */
  windowsFired(shard: number, results: readonly WindowResult[]): void
  /** Replaces the shard's numbers. */
  shardNumbers(shard: number, numbers: ShardNumbers): void
  /** The series is retired: it fires no more windows. */
  forgetSeries(shard: number, series: Pick<WindowResult, 'model' | 'version' | 'segment'>): void
  /** The shard has another owner now, who exports its series. */
  forgetShard(shard: number): void
}>

export const createDomainMetrics = (registry: Registry, maxMeasuresPerModel = MAX_MEASURES_PER_MODEL): DomainMetrics => {
  /** Shard to series to window name to the last window fired. */
  const shards = new Map<number, Map<string, Map<string, ExportedWindow>>>()
  const numbers = new Map<number, ShardNumbers>()
  let selection: Selection | undefined
  const selected = (): Selection => {
    selection ??= selectWithinLimit(
      [...shards.values()].flatMap(series => [...series.values()]).flatMap(windows => [...windows.values()]),
      maxMeasuresPerModel,
    )
    return selection
  }

  exportWindows(registry, selected)
  exportShards(registry, () => [...numbers.values()])

  return {
    windowsFired: (shard, results) => {
      selection = undefined
      const series = shards.get(shard) ?? new Map<string, Map<string, ExportedWindow>>()
      shards.set(shard, series)
      for (const result of results) {
        const windows = series.get(seriesKey(result)) ?? new Map<string, ExportedWindow>()
        series.set(seriesKey(result), windows)
        const last = windows.get(result.window)
        if (last === undefined || isLater(result, last)) windows.set(result.window, exportWindow(result))
      }
    },
    shardNumbers: (shard, now) => {
      numbers.set(shard, now)
    },
    forgetSeries: (shard, series) => {
      selection = undefined
      shards.get(shard)?.delete(seriesKey(series))
    },
    forgetShard: shard => {
      selection = undefined
      shards.delete(shard)
      numbers.delete(shard)
    },
  }
}

const isLater = (result: WindowResult, last: ExportedWindow): boolean =>
  result.end > last.endMs || (result.end === last.endMs && result.revision >= last.revision)

const WINDOW = ['model', 'version', 'segment', 'window'] as const
const windowLabels = ({ model, version, segment, window }: ExportedWindow) => ({ model, version, segment, window })

/** Every family is rendered anew at each scrape, so what is no longer there is no longer shown. */
const exportWindows = (registry: Registry, selected: () => Selection): void => {
  const registers = [registry]
  new Gauge({
    name: 'tidemark_window_measure',
    help: 'A measure of the last fired window of a series; absent where there is not enough data.',
    labelNames: [...WINDOW, 'metric', 'subject'],
    registers,
    collect() {
      this.reset()
      for (const window of selected().kept) {
        const labels = windowLabels(window)
        for (const measure of window.measures)
          if (measure.kind === 'measure') this.set({ ...labels, metric: measure.metric, subject: measure.subject }, measure.value)
      }
    },
  })
  new Gauge({
    name: 'tidemark_window_latency_seconds',
    help: 'A quantile of the latency in the last fired window of a series.',
    labelNames: [...WINDOW, 'quantile'],
    registers,
    collect() {
      this.reset()
      for (const window of selected().kept) {
        const labels = windowLabels(window)
        for (const measure of window.measures)
          if (measure.kind === 'latency') this.set({ ...labels, quantile: measure.quantile }, measure.seconds)
      }
    },
  })
  const perWindow = (name: string, help: string, value: (window: ExportedWindow) => number) =>
    new Gauge({
      name: `tidemark_window_${name}`,
      help,
      labelNames: WINDOW,
      registers,
      collect() {
        this.reset()
        for (const window of selected().kept) this.set(windowLabels(window), value(window))
      },
    })
  perWindow('samples', 'Events in the last fired window of a series.', window => window.samples)
  perWindow('end_timestamp_seconds', 'End of the last fired window of a series, event time.', window => window.endMs / 1000)
  perWindow('complete', '0 where events of the last fired window are known to be missing, else 1.', window =>
    window.complete ? 1 : 0,
  )
  new Gauge({
    name: 'tidemark_window_measures_omitted',
    help: 'Measures of a model that are not shown here, beyond the limit per model; the windows topic has them.',
    labelNames: ['model'],
    registers,
    collect() {
      this.reset()
      for (const [model, count] of selected().omitted) this.set({ model }, count)
    },
  })
}

const exportShards = (registry: Registry, shards: () => readonly ShardNumbers[]): void => {
  const registers = [registry]
  const byVersion = (name: string, help: string, field: 'predictions' | 'errors') =>
    new Counter({
      name,
      help,
      labelNames: ['model', 'version'],
      registers,
      collect() {
        this.reset()
        for (const shard of shards())
          for (const entry of shard.predictions) this.inc({ model: entry.model, version: entry.version }, entry[field])
      },
    })
  byVersion('tidemark_predictions_total', 'Predictions in fired windows.', 'predictions')
  byVersion('tidemark_prediction_errors_total', 'Predictions in fired windows that carry an error.', 'errors')
  new Gauge({
    name: 'tidemark_alerts_firing',
    help: 'Alerts that are firing now.',
    labelNames: ['rule', 'severity', 'model'],
    registers,
    collect() {
      this.reset()
      for (const shard of shards()) for (const { count, ...labels } of shard.firing) this.inc(labels, count)
    },
  })
  new Counter({
    name: 'tidemark_alerts_total',
    help: 'Alerts sent, by the state they announced.',
    labelNames: ['rule', 'severity', 'model', 'state'],
    registers,
    collect() {
      this.reset()
      for (const shard of shards()) for (const { count, ...labels } of shard.alerts) this.inc(labels, count)
    },
  })
}
