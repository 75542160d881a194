import { suggest } from './closest.ts'
import type { RuleConfig } from './config.ts'
import { DEFAULTS } from './defaults.ts'
import { metricFacts } from './metrics.ts'
import type { Path } from './problem.ts'
import { resolveCondition } from './resolve-conditions.ts'
import { present, type ResolveContext, reportRepeats } from './resolve-context.ts'
import { ANY_MODEL, type ModelView } from './resolve-models.ts'
import type { ConfigFile } from './schema.ts'
import type { RuleEntry, ScopeEntry } from './schema-rules.ts'

export const resolveRules = (file: ConfigFile, models: readonly ModelView[], context: ResolveContext): readonly RuleConfig[] => {
  reportRepeats(
    file.rules.map(rule => rule?.name),
    i => ['rules', i, 'name'],
    context.report,
  )
  return present(file.rules).flatMap(([i, entry]) => {
    const rule = resolveRule(entry, ['rules', i], models, context)
    return rule === null ? [] : [rule]
  })
}

/** null where the condition is missing or bad, which then was reported. */
const resolveRule = (entry: RuleEntry, path: Path, models: readonly ModelView[], context: ResolveContext): RuleConfig | null => {
  const judged = judgedModels(entry, path, models, context)
  checkWindow(entry, path, judged, context)
  const scope = resolveScope(entry.scope, path, judged, context)
  const condition = resolveCondition(entry, path, judged, context)
  return (
    condition && {
      name: entry.name,
      models: entry.models ?? [],
      window: entry.window ?? null,
      scope,
      versions: entry.versions,
      condition,
      forWindows: entry.for,
      keepFiringForWindows: entry.keepFiringFor,
      severity: entry.severity,
      noData: entry.noData,
      minSamples: resolveMinSamples(entry, path, context),
      runbook: entry.runbook ?? null,
    }
  )
}

/** A rule about too few events must not ask for many first. */
const resolveMinSamples = ({ when, minSamples }: RuleEntry, path: Path, { report }: ResolveContext): number => {
  const counts = when !== undefined && metricFacts(when.metric).countsEvents
  if (when?.metric === 'count' && when.below !== undefined && minSamples !== undefined && minSamples >= when.below)
    report([...path, 'minSamples'], `${minSamples} samples are never fewer than ${when.below}: the rule cannot fire`, 'remove it')
  return minSamples ?? (counts ? 0 : DEFAULTS.rule.minSamples)
}

/** The models that a rule judges: what it names must exist in each of them. */
const judgedModels = (
  entry: RuleEntry,
  path: Path,
  models: readonly ModelView[],
  { report, given }: ResolveContext,
): readonly ModelView[] => {
  if (entry.models === undefined) return given([...path, 'models']) === undefined ? models : []
  const written = given(['models'])
  const count = Array.isArray(written) ? written.length : models.length
  const known = [
    ...models.map(model => model.config.name),
    ...Array.from({ length: count }, (_, i) => given(['models', i, 'name'])).filter(name => typeof name === 'string'),
  ]
  const single = typeof given([...path, 'models']) === 'string'
  entry.models.forEach((name, i) => {
    if (!known.includes(name)) {
      const any = known.includes(ANY_MODEL) ? '; to judge it by name, list it under `models`' : ''
      report(
        single ? [...path, 'models'] : [...path, 'models', i],
        `there is no model \`${name}\``,
        `${suggest(name, [...new Set(known)])}${any}`,
      )
    }
  })
  reportRepeats(entry.models, i => [...path, 'models', i], report)
  return models.filter(model => entry.models?.includes(model.config.name))
}

const checkWindow = (entry: RuleEntry, path: Path, judged: readonly ModelView[], { report }: ResolveContext): void => {
  const { window } = entry
  if (window === undefined) return
  const lacking = judged.filter(model => !model.windowNames.has(window) && !model.uncertain.windows)
  if (lacking.length === 0) return
  const names = [...new Set(lacking.flatMap(model => [...model.windowNames]))]
  report(
    [...path, 'window'],
    `\`${window}\` is not a window of ${modelNames(lacking)}`,
    suggest(window, names) + narrow(entry, judged, lacking),
  )
}

const resolveScope = (
  scope: ScopeEntry,
  path: Path,
  judged: readonly ModelView[],
  { report }: ResolveContext,
): RuleConfig['scope'] => {
  if (scope === 'all') return { kind: 'all-traffic' }
  if (scope === 'both') return { kind: 'every-series' }
  const sure = judged.filter(model => !model.uncertain.segments)
  if (scope === 'segments') {
    const lacking = sure.filter(model => model.config.segments.length === 0)
    if (lacking.length > 0)
      report(
        [...path, 'scope'],
        `${modelNames(lacking)} has no segments`,
        'give the model `segments: [context]`, or judge all traffic with `scope: all`',
      )
    return { kind: 'segments', dimensions: [] }
  }
  const dimensions = scope.toSorted()
  const lacking = sure.filter(model => !model.config.segments.some(segment => segment.dimensions.join() === dimensions.join()))
  if (lacking.length > 0) {
    const known = [
      ...new Set(lacking.flatMap(model => model.config.segments.map(segment => `[${segment.dimensions.join(', ')}]`))),
    ]
    const add = `give the model \`segments: [[${dimensions.join(', ')}]]\``
    const wrong = `\`[${dimensions.join(', ')}]\``
    report(
      [...path, 'scope'],
      `${wrong} is not a segment of ${modelNames(lacking)}`,
      known.length === 0 ? add : suggest(`[${dimensions.join(', ')}]`, known),
    )
  }
  return { kind: 'segments', dimensions }
}

export const modelNames = (models: readonly ModelView[]): string => models.map(model => `\`${model.config.name}\``).join(', ')

/** Where some models have what a rule names, the rule may be meant for those. */
export const narrow = (entry: RuleEntry, judged: readonly ModelView[], lacking: readonly ModelView[]): string => {
  const rest = judged.filter(model => !lacking.includes(model)).map(model => model.config.name)
  return entry.models === undefined && rest.length > 0
    ? `; or judge only those that have it, with \`models: [${rest.join(', ')}]\``
    : ''
}
