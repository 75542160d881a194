import type { RuleCondition, RuleConfig } from '../../config/config.ts'
import type { Measure } from '../measure.ts'
import { benjaminiHochberg } from '../stats/benjamini-hochberg.ts'
import type { Evidence } from './phase.ts'

/** What a rule says about one subject of one window. */
export type Verdict = Readonly<{
  metric: string
  subject: string
  evidence: Evidence
  measure: Measure
  /** The threshold that was passed, or would have to be. */
  threshold: number
  /** The value that was held against it: the measure's own, or the bias-corrected effect. */
  value: number | null
  /** Corrected for the number of subjects, where a law exists. */
  pValue: number | null
}>

/** One verdict for each subject that the rule speaks of and the window measured. */
export const judge = (rule: RuleConfig, measures: readonly Measure[], samples: number): readonly Verdict[] => {
  const { condition } = rule
  const enough = samples >= rule.minSamples
  if (condition.kind === 'drift') return judgeDrift(condition, measures, enough)
  return measures
    .filter(m => m.metric === condition.metric && (condition.subject === null || condition.subject === m.subject))
    .map(measure => judgeThreshold(condition, measure, enough))
}

type Threshold = Exclude<RuleCondition, { kind: 'drift' }>
type Drift = Extract<RuleCondition, { kind: 'drift' }>

const NO_DATA: Evidence = { kind: 'no-data' }

const judgeThreshold = (condition: Threshold, measure: Measure, enough: boolean): Verdict => {
  const { value, n } = measure
  const about = { metric: measure.metric, subject: measure.subject, measure, value, pValue: measure.pValue }
  if (!enough || measure.status !== 'ok' || value === null)
    return { ...about, threshold: nearest(condition, value), evidence: NO_DATA }
  const low = measure.low ?? value
  const high = measure.high ?? value
  switch (condition.kind) {
    case 'above': {
      const { threshold, resolveAt } = condition
      const evidence = {
        kind: 'measured',
        n,
        breach: low > threshold,
        boundBack: high <= resolveAt,
        valueBack: value <= resolveAt,
      } as const
      return { ...about, threshold, evidence }
    }
    case 'below': {
      const { threshold, resolveAt } = condition
      const evidence = {
        kind: 'measured',
        n,
        breach: high < threshold,
        boundBack: low >= resolveAt,
        valueBack: value >= resolveAt,
      } as const
      return { ...about, threshold, evidence }
    }
    case 'outside': {
      const from = condition.low + condition.margin
      const to = condition.high - condition.margin
      const evidence = {
        kind: 'measured',
        n,
        breach: low > condition.high || high < condition.low,
        boundBack: low >= from && high <= to,
        valueBack: value >= from && value <= to,
      } as const
      return { ...about, threshold: nearest(condition, value), evidence }
    }
  }
}

const nearest = (condition: Threshold, value: number | null): number => {
  if (condition.kind !== 'outside') return condition.threshold
  return value !== null && value > (condition.low + condition.high) / 2 ? condition.high : condition.low
}

/**
 * Drift fires where the bias-corrected effect passes its threshold and the p-value, corrected over all subjects of the
 * window (Benjamini and Hochberg 1995), passes alpha: the effect keeps large windows from alarming over nothing, the p-value
 * keeps small ones from alarming over noise.
 */
const judgeDrift = (condition: Drift, measures: readonly Measure[], enough: boolean): readonly Verdict[] => {
  const scores = measures.filter(m => m.metric === condition.test && isSubject(condition, m.subject))
  const effects = new Map(measures.filter(m => m.metric === `${condition.test}_effect`).map(m => [m.subject, m]))
  const tested = scores.filter(m => m.status === 'ok' && m.pValue !== null)
  const corrected = benjaminiHochberg(tested.map(m => m.pValue ?? 1))
  const pValues = new Map(tested.map((m, i) => [m.subject, corrected[i]]))
  return scores.map(measure => {
    const effect = effects.get(measure.subject)?.value ?? null
    const pValue = pValues.get(measure.subject) ?? null
    const about = {
      metric: measure.metric,
      subject: measure.subject,
      measure,
      threshold: condition.effect,
      value: effect,
      pValue,
    }
    if (!enough || effect === null || pValue === null) return { ...about, evidence: NO_DATA }
    const breach = effect > condition.effect && pValue <= condition.alpha
    return { ...about, evidence: { kind: 'measured', n: measure.n, breach, boundBack: false, valueBack: !breach } as const }
  })
}

const isSubject = (condition: Drift, subject: string): boolean => {
  if (typeof condition.subjects !== 'string') return condition.subjects.includes(subject)
  switch (condition.subjects) {
    case 'all':
      return true
    case 'prediction':
      return subject === 'prediction'
    case 'features':
      return subject !== 'prediction'
  }
}
