import type { Measure } from '../../windows/measure.ts'
import type { Segment } from '../../windows/series.ts'
import { ALL_VERSIONS } from '../../windows/series.ts'
import type { WindowResult } from '../../windows/window-result.ts'

/** A measure as Prometheus should see it: base units; a latency quantile goes to a family of its own. */
export type ExportedMeasure =
  | Readonly<{ kind: 'measure'; metric: string; subject: string; value: number }>
  | Readonly<{ kind: 'latency'; quantile: string; seconds: number }>

/** The last fired window of one series, ready for `/metrics`. */
export type ExportedWindow = Readonly<{
  model: string
  version: string
  segment: string
  window: string
  endMs: number
  revision: number
  complete: boolean
  samples: number
  measures: readonly ExportedMeasure[]
}>

/** `dim=value,dim=value`, by dimension; empty for all traffic. */
export const segmentLabel = (segment: Segment): string =>
  Object.entries(segment)
    .map(([dimension, value]) => `${dimension}=${value}`)
    .sort()
    .join(',')

const LATENCY_QUANTILE = /^latency_p(\d+)_ms$/

/** `p95` is 0.95, `p999` is 0.999, `p5` is 0.05: two digits are percent, more go on behind the point. */
const quantileOf = (digits: string): string => String(Number(`0.${digits.padStart(2, '0')}`))

/** Undefined where there is no number: a series that is absent, never 0 or NaN. */
export const exportMeasure = ({ metric, subject, value, status }: Measure): ExportedMeasure | undefined => {
  if (status !== 'ok' || value === null || !Number.isFinite(value)) return undefined
  const digits = LATENCY_QUANTILE.exec(metric)?.[1]
  if (digits !== undefined) return { kind: 'latency', quantile: quantileOf(digits), seconds: value / 1000 }
  if (metric.endsWith('_ms')) return { kind: 'measure', metric: metric.replace(/_ms$/, '_seconds'), subject, value: value / 1000 }
  return { kind: 'measure', metric, subject, value }
}

export const exportWindow = (result: WindowResult): ExportedWindow => ({
  model: result.model,
  version: result.version,
  segment: segmentLabel(result.segment),
  window: result.window,
  endMs: result.end,
  revision: result.revision,
  complete: result.complete,
  samples: result.samples,
  measures: result.measures.map(exportMeasure).filter(exported => exported !== undefined),
})

export type Selection = Readonly<{
  kept: readonly ExportedWindow[]
  /** Model to the measures that did not fit. */
  omitted: ReadonlyMap<string, number>
}>

/**
 * At most `maxMeasures` measures per model. What all traffic did goes first, merged versions before single ones, then by
 * name: which series are kept depends on what there is, not on which came first. A window is kept whole or not at all.
 */
export const selectWithinLimit = (windows: Iterable<ExportedWindow>, maxMeasures: number): Selection => {
  const ranked = [...windows].sort(
    (a, b) =>
      compareText(a.model, b.model) ||
      Number(a.segment !== '') - Number(b.segment !== '') ||
      Number(a.version !== ALL_VERSIONS) - Number(b.version !== ALL_VERSIONS) ||
      compareText(a.segment, b.segment) ||
      compareText(a.version, b.version) ||
      compareText(a.window, b.window),
  )
  const used = new Map<string, number>()
  const omitted = new Map<string, number>()
  const kept = ranked.filter(({ model, measures }) => {
    const total = (used.get(model) ?? 0) + measures.length
    if (total > maxMeasures) {
      omitted.set(model, (omitted.get(model) ?? 0) + measures.length)
      return false
    }
    used.set(model, total)
    return true
  })
  return { kept, omitted }
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
