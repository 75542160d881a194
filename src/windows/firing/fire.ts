import type { TimeConfig } from '../../config/config.ts'
import type { Alert, Contributor, FiringAlert } from '../alert.ts'
import { emptyCells } from '../layout.ts'
import type { Measure } from '../measure.ts'
import type { ModelPlan } from '../plan.ts'
import { abandon, judgeWindow, type RuleStates, segmentText } from '../rules/engine.ts'
import type { Policy } from '../rules/policy.ts'
import { ALL_VERSIONS, parseSeriesKey, type Series } from '../series.ts'
import type { WindowResult } from '../window-result.ts'
import { segmentKey, segmentOfKey, versionOrder } from './frozen-panes.ts'
import type { Moment } from './moments.ts'
import { addTotals, countAlert, type Registry } from './registry.ts'
import { hasRevision, type ModelPanes, type PanesByIndex, seriesWithData, type WindowCells, windowCells } from './window-cells.ts'

export type FiringContext = Readonly<{
  time: TimeConfig
  /** What judges windows that begin at `startMs`. */
  policyAt(startMs: number): Policy
  panesOf(model: string, widthMs: number): ModelPanes
  registry: Registry
  rules: RuleStates
  /** Whether all events of the window `[startMs, endMs)` are there, as far as is known. */
  isComplete(startMs: number, endMs: number): boolean
}>

export type Fired = Readonly<{ results: readonly WindowResult[]; alerts: readonly Alert[] }>

/**
 * Fires one moment, segment by segment: measures every series of the model's window and judges it. Changes registry and rule
 * states. Ten thousand series measure a million numbers: whoever iterates lets go of them in between.
 */
export function* fireMoment(moment: Moment, context: FiringContext): Generator<Fired, void, undefined> {
  const panes = context.panesOf(moment.model, moment.paneClass.widthMs)
  const unjudged = firingOn(moment, context.registry)
  const rules: RuleStates = {
    ...context.rules,
    get: fingerprint => {
      unjudged.delete(fingerprint)
      return context.rules.get(fingerprint)
    },
  }
  const speakers = speaking(moment, panes.byIndex, context)
  for (const [segment, versions] of speakers) {
    const results: WindowResult[] = []
    const alerts: Alert[] = []
    // all versions merged are the same cells as the only one: measuring is most of what firing costs
    let measured: Measured | null = null
    for (const version of [null, ...versions]) {
      const { allowedLatenessMs } = context.time
      if (moment.revision === 1 && !hasRevision(moment, panes.byIndex, segment, version, allowedLatenessMs)) continue
      measured = (versions.length === 1 ? measured : null) ?? measureWindow(moment, panes, segment, version, context)
      const fired = fireSeries(moment, panes, segment, version, measured, { ...context, rules })
      results.push(fired.result)
      alerts.push(...fired.alerts)
    }
    for (const alert of alerts) countAlert(context.registry, alert)
    yield { results, alerts }
  }
  const closed = closeUnjudged(moment, unjudged, speakers, context)
  for (const alert of closed) countAlert(context.registry, alert)
  if (closed.length > 0) yield { results: [], alerts: closed }
}

/** Alerts that fire on this window of the model, by fingerprint. Only a window's first firing decides that nothing speaks of one. */
const firingOn = ({ model, window, revision }: Moment, { firing }: Registry): Map<string, FiringAlert> =>
  new Map(revision === 0 ? [...firing].filter(([, on]) => on.model === model && on.window === window.name) : [])

/** What no rule judged, of a series that speaks, has lost its rule; of one that does not, its series. */
const closeUnjudged = (
  { endMs, dueMs, window }: Moment,
  unjudged: ReadonlyMap<string, FiringAlert>,
  speakers: Speakers,
  { policyAt, rules, time }: FiringContext,
): readonly Alert[] => {
  const startMs = endMs - window.sizeMs
  const versions = new Map(speakers)
  const speaks = (series: Series): boolean => {
    const found = versions.get(segmentKey(series))
    return found !== undefined && (series.version === ALL_VERSIONS || found.includes(series.version))
  }
  return [...unjudged].flatMap(([fingerprint, firing]) => {
    const reason = speaks(firing) ? 'rule-gone' : 'series-retired'
    return abandon(fingerprint, firing, { startMs, endMs, reason }, policyAt(startMs), rules, dueMs - time.allowedLatenessMs)
  })
}

/** Segment keys, and their versions. */
type Speakers = readonly (readonly [string, readonly string[]])[]

/** Segments and their versions that have data in the window, or fell silent and are not retired: sorted. The former are registered. */
const speaking = (moment: Moment, panes: PanesByIndex, { registry, time }: FiringContext): Speakers => {
  const found = new Map<string, Set<string>>()
  const add = (segment: string, version: string): void => {
    found.set(segment, (found.get(segment) ?? new Set()).add(version))
  }
  const heard = new Map<string, number>()
  seriesWithData(moment, panes, time.allowedLatenessMs, (segment, version, series, paneEndMs) => {
    const before = heard.get(series)
    if (before === undefined) add(segment, version)
    if (before === undefined || paneEndMs > before) heard.set(series, paneEndMs)
  })
  for (const [series, paneEndMs] of heard) {
    if (paneEndMs > (registry.lastDataMs.get(series) ?? Number.NEGATIVE_INFINITY)) registry.lastDataMs.set(series, paneEndMs)
  }
  for (const [key, lastDataMs] of registry.lastDataMs) {
    if (heard.has(key) || lastDataMs > moment.endMs || lastDataMs + time.retireAfterMs < moment.endMs) continue
    const series = parseSeriesKey(key)
    if (series.model === moment.model) add(segmentKey(series), series.version)
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([segment, versions]) => [segment, [...versions].sort(versionOrder)])
}

/** `merged` holds its cells until the next one is measured. */
type Measured = Readonly<{ merged: WindowCells; measures: readonly Measure[] }>

const measureWindow = (
  moment: Moment,
  panes: ModelPanes,
  segment: string,
  version: string | null,
  { time }: FiringContext,
): Measured => {
  const merged = windowCells(moment, panes, segment, version, time.allowedLatenessMs)
  return { merged, measures: measuresOf(moment.plan, merged.cells ?? emptyCells(moment.plan.layout), moment.window.sizeMs) }
}

const fireSeries = (
  moment: Moment,
  panes: ModelPanes,
  segment: string,
  version: string | null,
  { merged, measures }: Measured,
  context: FiringContext,
): Readonly<{ result: WindowResult; alerts: readonly Alert[] }> => {
  const { plan, window } = moment
  const { allowedLatenessMs } = context.time
  const cells = merged.cells ?? emptyCells(plan.layout)
  const startMs = moment.endMs - window.sizeMs
  const policy = context.policyAt(startMs)
  const series: Series = { model: moment.model, version: version ?? ALL_VERSIONS, segment: segmentOfKey(segment) }
  const result: WindowResult = {
    id: windowId(series, window.name, startMs),
    ...series,
    window: window.name,
    start: startMs,
    end: moment.endMs,
    revision: moment.revision,
    complete: context.isComplete(startMs, moment.endMs),
    samples: merged.samples,
    late: merged.late,
    measures,
    referenceVersion: plan.config.reference?.version ?? null,
    policyVersion: policy.version,
  }
  const explain = (metric: string, subject: string): readonly Contributor[] => explained(plan, cells, metric, subject)
  const alerts = judgeWindow({ result, offsets: merged.offsets, explain }, policy, context.rules, {
    keptFromMs: moment.dueMs - allowedLatenessMs,
    forgottenBeforeMs: moment.endMs - context.time.alertRetentionMs,
  })
  if (version !== null && segment === segmentKey({ ...series, segment: {} }) && window.name === totalsWindow(plan)) {
    count(result, moment, panes, segment, version, context)
  }
  return { result, alerts }
}

const measuresOf = ({ layout }: ModelPlan, cells: Float64Array, durationMs: number): readonly Measure[] =>
  layout.aggregates.flatMap((a, i) => a.summarize(cells, layout.starts[i], durationMs))

/** Readable and unambiguous: parts are URI-encoded. The same for every revision. */
const windowId = (series: Series, window: string, startMs: number): string =>
  [
    ...[series.model, series.version, segmentText(series.segment), window].map(encodeURIComponent),
    new Date(startMs).toISOString(),
  ].join('/')

const explained = (plan: ModelPlan, cells: Float64Array, metric: string, subject: string): readonly Contributor[] => {
  for (const [i, aggregate] of plan.layout.aggregates.entries()) {
    const about = aggregate.name === `feature:${subject}` || (aggregate.name === 'prediction' && subject === 'prediction')
    if (about && aggregate.explain) return aggregate.explain(cells, plan.layout.starts[i], metric)
  }
  return []
}

/** Totals are counted over the smallest tumbling window, so that each event is counted once; null where all windows slide. */
const totalsWindow = (plan: ModelPlan): string | null =>
  [...plan.config.windows].filter(w => w.everyMs === w.sizeMs).sort((a, b) => a.sizeMs - b.sizeMs)[0]?.name ?? null

const count = (
  result: WindowResult,
  moment: Moment,
  panes: ModelPanes,
  segment: string,
  version: string,
  context: FiringContext,
): void => {
  let { samples } = result
  let errors = errorsOf(result)
  if (moment.revision === 1) {
    const before = windowCells({ ...moment, revision: 0 }, panes, segment, version, context.time.allowedLatenessMs)
    const measures = measuresOf(moment.plan, before.cells ?? emptyCells(moment.plan.layout), moment.window.sizeMs)
    samples -= before.samples
    errors -= errorsOf({ measures })
  }
  addTotals(context.registry, result, samples, errors)
}

const errorsOf = ({ measures }: Pick<WindowResult, 'measures'>): number => {
  const ratio = measures.find(m => m.metric === 'error_ratio')
  return Math.round((ratio?.value ?? 0) * (ratio?.n ?? 0))
}
