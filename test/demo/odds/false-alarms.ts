import type { RuleConfig } from '../../../src/config/config.ts'
import type { Incident } from '../../../src/demo/incidents.ts'
import type { ModelWorld } from '../../../src/demo/world.ts'
import { binomialTail } from './binomial.ts'
import { inQuiet } from './counts.ts'
import { driftOdds } from './drift.ts'
import { largest, mostEvents, seriesOf, WINDOWS_A_RUN } from './series.ts'

/** The chance of a false alarm of one rule on one model in a run of a day is at most `tests * each + reference`. */
export type Odds = Readonly<{
  rule: string
  model: string
  /** Windows of a run, times series, times subjects. */
  tests: number
  /** The largest chance of one test to break the rule with nothing wrong, over all window sizes that the rule judges. */
  each: number
  /** The chance that the reference is further from the truth than `each` allows for. */
  reference: number
}>

/**
 * Every test of every rule, added up: an upper bound whatever depends on what (windows overlap, series share events, a rule
 * fires only after several windows). docs/demo-arithmetic.md says it in words.
 */
export const falseAlarmOdds = (
  rules: readonly RuleConfig[],
  models: readonly ModelWorld[],
  incidents: readonly Incident[],
): readonly Odds[] =>
  rules.flatMap(rule =>
    models
      .filter(({ name }) => rule.models.length === 0 || rule.models.includes(name))
      .map(model => ({ rule: rule.name, model: model.name, ...oddsOf(rule, model, incidents) })),
  )

export const falseAlarmsARun = (odds: readonly Odds[]): number =>
  odds.reduce((sum, { tests, each, reference }) => sum + tests * each + reference, 0)

const oddsOf = (rule: RuleConfig, model: ModelWorld, incidents: readonly Incident[]): Omit<Odds, 'rule' | 'model'> => {
  const series = seriesOf(rule, model)
  const { condition, minSamples } = rule
  if (condition.kind === 'drift') {
    const { subjects, each, reference } = driftOdds(condition, minSamples, model, incidents)
    return { tests: WINDOWS_A_RUN * series.length * subjects, each, reference }
  }
  const count = inQuiet(condition, model, incidents)
  if (count === null) throw new Error(`the demo's rule ${rule.name} has no arithmetic`)
  const most = Math.max(...series.map(({ share }) => mostEvents(model, share)))
  return {
    tests: WINDOWS_A_RUN * series.length,
    each: largest(minSamples, most, n => binomialTail(n, count.breaks(n), count.hitRatio)),
    reference: 0,
  }
}
