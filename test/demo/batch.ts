import { DEMO_RULES, DEMO_WINDOWS } from '../../src/demo/config.ts'
import { GATEWAYS } from '../../src/demo/delivery.ts'
import type { Incident } from '../../src/demo/incidents.ts'
import type { Share } from '../../src/demo/random.ts'
import { demoReferences } from '../../src/demo/references.ts'
import { DAY_MS } from '../../src/demo/rhythm.ts'
import { simulate } from '../../src/demo/simulator.ts'
import { MODELS, type ModelWorld } from '../../src/demo/world.ts'
import type { Prediction } from '../../src/events/prediction.ts'
import { BUCKETS, bucketOf, lowerBound } from '../../src/windows/aggregates/latency-buckets.ts'
import type { Alert } from '../../src/windows/alert.ts'
import type { DriftTest } from '../../src/windows/drift/drift-test.ts'
import { ks } from '../../src/windows/drift/ks.ts'
import { psi } from '../../src/windows/drift/psi.ts'
import { type Measure, measure, notEnoughData } from '../../src/windows/measure.ts'
import type { FeatureProfile, Reference } from '../../src/windows/reference/reference.ts'
import { judgeWindow } from '../../src/windows/rules/engine.ts'
import type { RuleState } from '../../src/windows/rules/state.ts'
import { ALL_VERSIONS, type Segment } from '../../src/windows/series.ts'
import { quantileRanks } from '../../src/windows/stats/quantile-ranks.ts'
import { wilson } from '../../src/windows/stats/wilson.ts'
import { NO_TIME_MS } from '../../src/windows/time.ts'
import type { WindowResult } from '../../src/windows/window-result.ts'

/** The demo's hour windows and alerts, recomputed from the events without the pipeline: no log, no columns, no checkpoints. */
export type BatchRun = Readonly<{ events: number; results: readonly WindowResult[]; alerts: readonly Alert[] }>

const { name: WINDOW, sizeMs, everyMs } = DEMO_WINDOWS.hour
const PANES = DAY_MS / everyMs + 2
const PANES_A_WINDOW = sizeMs / everyMs

export const runInBatch = (
  seed: number,
  startMs: number,
  incidents: readonly Incident[],
  references: ReadonlyMap<string, Reference> = demoReferences(seed, startMs),
): BatchRun => {
  const subjects = new Map(MODELS.map(model => [model.name, subjectsOf(references.get(model.name))]))
  const series = new Map(MODELS.map(model => [model.name, seriesOf(model, subjects.get(model.name) ?? [])]))
  let events = 0
  for (const { prediction } of simulate({ seed, startMs, durationMs: DAY_MS, incidents })) {
    events++
    // gateways' clocks differ: an event may lie just before the day or just after it
    const pane = Math.floor((prediction.time - startMs) / everyMs) + 1
    const bins = (subjects.get(prediction.model) ?? []).map(subject => subject.binOf(prediction))
    for (const each of series.get(prediction.model) ?? []) {
      if (!each.matches(prediction)) continue
      each.panes[pane] ??= emptyPane(each)
      count(each.panes[pane], prediction, bins)
    }
  }
  const results = MODELS.flatMap(model => (series.get(model.name) ?? []).flatMap(each => resultsOf(model, each, startMs))).sort(
    (a, b) => a.end - b.end,
  )
  return { events, results, alerts: judgeAll(results) }
}

type Pane = { samples: number; errors: number; answered: number; latency: Float64Array; bins: readonly Float64Array[] }
/** Measured is what a rule of the demo asks of such a series: `drift` is compared with the reference, `latency` counted or not. */
type Watch = Readonly<{ drift: readonly Subject[]; latency: boolean }>
type Series = Watch & Readonly<{ segment: Segment; matches(event: Prediction): boolean; panes: Pane[] }>
type Subject = Readonly<{
  name: string
  test: DriftTest
  scale: 'ordered' | 'nominal'
  reference: readonly number[]
  binOf(event: Prediction): number
}>

const seriesOf = (model: ModelWorld, subjects: readonly Subject[]): readonly Series[] => {
  const of = (dimension: 'context' | 'operation' | 'gateway', values: readonly string[], watch: Watch): readonly Series[] =>
    values.map(value => ({ ...watch, segment: { [dimension]: value }, matches: event => event[dimension] === value, panes: [] }))
  const names = (shares: readonly Share[]): readonly string[] => shares.map(({ value }) => value)
  const gateways = GATEWAYS.map(({ name }) => name)
  return [
    { segment: {}, matches: () => true, drift: subjects, latency: false, panes: [] },
    ...of('context', names(model.contexts), { drift: [], latency: true }),
    ...of('operation', names(model.operations), { drift: [], latency: false }),
    ...of('gateway', gateways, { drift: subjects, latency: false }),
  ]
}

const subjectsOf = (reference: Reference | undefined): readonly Subject[] => {
  if (reference === undefined || reference.prediction === null) throw new Error('the demo has a reference with predictions')
  const profiles = [...Object.entries(reference.features), ['prediction', reference.prediction] as const]
  return profiles.map(([name, profile]) => subjectOf(name, profile))
}

const subjectOf = (name: string, profile: FeatureProfile): Subject => {
  const read = (event: Prediction) => (name === 'prediction' ? event.prediction : event.features[name])
  if (profile.kind === 'numeric') {
    const { edges, counts } = profile
    return { name, test: ks, scale: 'ordered', reference: counts, binOf: event => binOf(edges, read(event)) }
  }
  const positions = new Map(profile.values.map(({ value }, i) => [value, i]))
  const counts = [...profile.values.map(each => each.count), 0]
  return {
    name,
    test: psi,
    scale: 'nominal',
    reference: counts,
    binOf: event => positions.get(String(read(event))) ?? positions.size,
  }
}

/** Right-closed: bin i is (edges[i - 1], edges[i]]; -1: no number. */
const binOf = (edges: readonly number[], value: unknown): number => {
  if (typeof value !== 'number') return -1
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (edges[middle] < value) low = middle + 1
    else high = middle
  }
  return low
}

const emptyPane = ({ drift, latency }: Watch): Pane => ({
  samples: 0,
  errors: 0,
  answered: 0,
  latency: new Float64Array(latency ? BUCKETS : 0),
  bins: drift.map(({ reference }) => new Float64Array(reference.length)),
})

const count = (pane: Pane, event: Prediction, bins: readonly number[]): void => {
  pane.samples++
  if (event.error !== null) pane.errors++
  if (event.prediction !== null) pane.answered++
  if (pane.latency.length > 0) pane.latency[bucketOf(event.latencyMs ?? 0)]++
  for (let i = 0; i < pane.bins.length; i++) if (bins[i] >= 0) pane.bins[i][bins[i]]++
}

const resultsOf = (model: ModelWorld, series: Series, startMs: number): readonly WindowResult[] => {
  const results: WindowResult[] = []
  for (let end = 1; end <= PANES + PANES_A_WINDOW - 1; end++) {
    const merged = emptyPane(series)
    for (const pane of series.panes.slice(Math.max(0, end - PANES_A_WINDOW), end)) if (pane !== undefined) merge(merged, pane)
    if (merged.samples === 0) continue
    const endMs = startMs + (end - 1) * everyMs
    results.push({
      id: JSON.stringify([model.name, series.segment, endMs]),
      model: model.name,
      version: ALL_VERSIONS,
      segment: series.segment,
      window: WINDOW,
      start: endMs - sizeMs,
      end: endMs,
      revision: 0,
      complete: true,
      samples: merged.samples,
      late: 0,
      measures: measuresOf(merged, series),
      referenceVersion: null,
      policyVersion: 'demo',
    })
  }
  return results
}

const merge = (into: Pane, pane: Pane): void => {
  into.samples += pane.samples
  into.errors += pane.errors
  into.answered += pane.answered
  add(into.latency, pane.latency)
  pane.bins.forEach((bins, subject) => {
    add(into.bins[subject], bins)
  })
}

const add = (into: Float64Array, cells: Float64Array): void => {
  for (let i = 0; i < cells.length; i++) into[i] += cells[i]
}

const measuresOf = (pane: Pane, { drift, latency }: Watch): readonly Measure[] => [
  { ...measure('error_ratio', '', pane.errors / pane.samples, pane.samples), ...wilson(pane.errors, pane.samples) },
  { ...measure('coverage_ratio', '', pane.answered / pane.samples, pane.samples), ...wilson(pane.answered, pane.samples) },
  ...(latency ? [p95(pane.latency, pane.samples)] : []),
  ...drift.flatMap(({ name, test, scale, reference }, i) => {
    const outcome = test.measure({ scale, window: pane.bins[i], reference })
    const metric = test === ks ? 'ks' : 'psi'
    if (outcome.kind === 'not_enough_data') return [notEnoughData(metric, name, outcome.n)]
    const { n, pValue } = outcome
    return [
      { ...measure(metric, name, outcome.value, n), pValue },
      { ...measure(`${metric}_effect`, name, outcome.effect, n), pValue },
    ]
  }),
]

const p95 = (latency: Float64Array, n: number): Measure => {
  const ranks = quantileRanks(n, 0.95)
  if (ranks === null) return notEnoughData('latency_p95_ms', '', n)
  const at = (rank: number): number => {
    let bucket = 0
    for (let below = latency[0]; below < rank; below += latency[++bucket]);
    return bucket
  }
  return {
    ...measure('latency_p95_ms', '', lowerBound(at(Math.ceil(n * 0.95))), n),
    low: lowerBound(at(ranks.lower)),
    high: lowerBound(at(ranks.upper) + 1),
  }
}

const judgeAll = (results: readonly WindowResult[]): readonly Alert[] => {
  const states = new Map<string, RuleState>()
  const access = {
    get: (fingerprint: string) => states.get(fingerprint),
    set: (fingerprint: string, state: RuleState | null) => {
      if (state === null) states.delete(fingerprint)
      else states.set(fingerprint, state)
    },
  }
  const policy = { version: 'demo', rules: DEMO_RULES }
  return results.flatMap(result => {
    const horizon = { keptFromMs: result.end, forgottenBeforeMs: NO_TIME_MS }
    return judgeWindow({ result, offsets: {}, explain: () => [] }, policy, access, horizon)
  })
}
