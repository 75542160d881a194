import type { RuleCondition } from './config.ts'
import { DEFAULTS } from './defaults.ts'
import { type MetricName, metricFacts } from './metrics.ts'
import { type Path, show } from './problem.ts'
import type { ResolveContext } from './resolve-context.ts'
import type { ModelView } from './resolve-models.ts'
import { checkDriftSubjects, checkMetricSubject } from './resolve-subjects.ts'
import type { RuleEntry } from './schema-rules.ts'

type When = NonNullable<RuleEntry['when']>

/** Keys of a rule that belong to one form of condition only. */
const DRIFT_KEYS = ['subjects', 'effect', 'alpha'] as const
const WHEN_KEYS = ['resolveAt', 'margin'] as const

export const resolveCondition = (
  entry: RuleEntry,
  path: Path,
  judged: readonly ModelView[],
  context: ResolveContext,
): RuleCondition | null => {
  const { report, given } = context
  const [when, drift] = [given([...path, 'when']), given([...path, 'drift'])].map(value => value !== undefined && value !== null)
  if (when && drift) report([...path, 'drift'], 'stands beside `when`', 'keep one of them, or make two rules')
  else if (!when && !drift)
    report(path, `rule \`${entry.name}\` has no condition`, 'give it `when: METRIC below NUMBER` or `drift: ks`')
  else
    for (const key of when ? DRIFT_KEYS : WHEN_KEYS)
      if (entry[key] !== undefined)
        report(
          [...path, key],
          `goes with \`${when ? 'drift' : 'when'}\` only`,
          `remove it, or write \`${when ? 'drift: ks' : 'when: METRIC below NUMBER'}\``,
        )
  if (entry.when && !drift) return resolveWhen(entry, entry.when, path, judged, context)
  if (entry.drift && !when) return resolveDrift(entry, entry.drift, path, judged, context)
  return null
}

const resolveWhen = (
  entry: RuleEntry,
  when: When,
  path: Path,
  judged: readonly ModelView[],
  context: ResolveContext,
): RuleCondition | null => {
  const { report, given } = context
  const { metric, subject = null } = when
  checkMetricSubject(entry, metric, subject, [...path, 'when'], judged, context)
  const relations = (['above', 'below', 'outside'] as const).filter(
    key => given([...path, 'when', key]) !== undefined || when[key] !== undefined,
  )
  if (relations.length !== 1) {
    const found = relations.length === 0 ? 'no threshold' : `${relations.map(key => `\`${key}\``).join(' and ')} at once`
    report([...path, 'when'], `has ${found}`, 'give one of `above`, `below` and `outside`; for a band write `outside: 0.2..0.8`')
    return null
  }
  if (when.outside) return resolveOutside(entry, metric, subject, when.outside, path, context)
  const kind = when.above === undefined ? 'below' : 'above'
  const threshold = when[kind]
  if (threshold === undefined) return null
  if (entry.margin !== undefined)
    report([...path, 'margin'], 'goes with `outside` only', `write \`resolveAt\`, the value at which the alert resolves`)
  checkThreshold(metric, threshold, [...path, 'when', kind], context)
  const { resolveAt = threshold } = entry
  if (entry.resolveAt !== undefined) checkThreshold(metric, resolveAt, [...path, 'resolveAt'], context)
  if (kind === 'above' ? resolveAt > threshold : resolveAt < threshold)
    report(
      [...path, 'resolveAt'],
      `${resolveAt} is on the firing side of ${kind} ${threshold}: the alert would fire and resolve at once`,
      `write a number ${kind === 'above' ? 'not above' : 'not below'} ${threshold}, or leave it out`,
    )
  return { kind, metric, subject, threshold, resolveAt }
}

const resolveOutside = (
  entry: RuleEntry,
  metric: MetricName,
  subject: string | null,
  [low, high]: readonly [number, number],
  path: Path,
  context: ResolveContext,
): RuleCondition => {
  const { report } = context
  for (const bound of [low, high]) checkThreshold(metric, bound, [...path, 'when', 'outside'], context)
  if (entry.resolveAt !== undefined)
    report(
      [...path, 'resolveAt'],
      'goes with `above` and `below` only',
      'write `margin`: how far inside the band the value must be to resolve',
    )
  const { margin = 0 } = entry
  if (margin < 0 || margin * 2 >= high - low)
    report(
      [...path, 'margin'],
      `${margin} leaves nothing of the band ${low}..${high}`,
      `write a number from 0 to less than ${(high - low) / 2}`,
    )
  return { kind: 'outside', metric, subject, low, high, margin }
}

const checkThreshold = (metric: MetricName, threshold: number, path: Path, { report }: ResolveContext): void => {
  const [low, high] = metricFacts(metric).range
  if (threshold >= low && threshold <= high) return
  const percent =
    high === 1 && threshold > 1 && threshold <= 100
      ? `write ${threshold / 100} for ${threshold} %`
      : `write a number from ${low} to ${high}`
  report(
    path,
    `${show(threshold)} can never be passed: ${metric} ${high === 1 ? 'lies within 0 and 1' : 'is never negative'}`,
    high === 1 ? percent : 'write a positive number',
  )
}

const resolveDrift = (
  entry: RuleEntry,
  test: 'psi' | 'ks',
  path: Path,
  judged: readonly ModelView[],
  context: ResolveContext,
): RuleCondition => {
  const subjects = driftSubjects(entry.subjects)
  checkDriftSubjects(entry, test, subjects, path, judged, context)
  const { effect = DEFAULTS.drift.effect[test], alpha = DEFAULTS.drift.alpha } = entry
  const most = test === 'ks' ? 1 : Number.POSITIVE_INFINITY
  if (effect < 0 || effect >= most)
    context.report(
      [...path, 'effect'],
      `${effect} can never be passed: ${test === 'ks' ? 'a KS distance lies within 0 and 1' : 'PSI is never negative'}`,
      `write a number such as ${DEFAULTS.drift.effect[test]}`,
    )
  return { kind: 'drift', test, subjects, effect, alpha }
}

export type DriftSubjects = Extract<RuleCondition, { kind: 'drift' }>['subjects']

/** One of the three words, or a list of names; a single name is a list of one. */
const driftSubjects = (written: RuleEntry['subjects']): DriftSubjects => {
  if (written === undefined) return DEFAULTS.drift.subjects
  const [only] = written
  if (written.length === 1 && (only === 'features' || only === 'prediction' || only === 'all')) return only
  return written
}
