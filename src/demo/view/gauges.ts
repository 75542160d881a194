import type { RuleCondition, RuleConfig } from '../../config/config.ts'
import { segmentText } from '../../windows/rules/engine.ts'
import { applies } from '../../windows/rules/policy.ts'
import type { WindowResult } from '../../windows/window-result.ts'

/** What one rule looks at on one model: window by window, the series and subject nearest to breaking it. */
export type Gauge = Readonly<{
  rule: RuleConfig
  model: string
  label: string
  threshold: number
  /** The end that alarms. */
  worst: 'highest' | 'lowest'
  /** By rising window end. */
  points: readonly GaugePoint[]
}>

export type GaugePoint = Readonly<{ endMs: number; value: number; where: string }>

const LABELS: Readonly<Record<string, string>> = {
  coverage_ratio: 'coverage',
  error_ratio: 'errors',
  latency_p95_ms: 'p95 ms',
  ks: 'drift',
  psi: 'mix',
}

/** One for each rule that judges segments: all traffic hides what happens to a part of it. */
export const gaugesOf = (rules: readonly RuleConfig[], models: readonly string[]): readonly Gauge[] =>
  models.flatMap(model =>
    rules
      .filter(rule => rule.scope.kind === 'segments' && (rule.models.length === 0 || rule.models.includes(model)))
      .map(rule => ({ rule, model, points: [], ...dialOf(rule.condition) })),
  )

const dialOf = (condition: RuleCondition): Pick<Gauge, 'label' | 'threshold' | 'worst'> => {
  switch (condition.kind) {
    case 'above':
      return { label: labelOf(condition.metric), threshold: condition.threshold, worst: 'highest' }
    case 'below':
      return { label: labelOf(condition.metric), threshold: condition.threshold, worst: 'lowest' }
    case 'outside':
      return { label: labelOf(condition.metric), threshold: condition.high, worst: 'highest' }
    case 'drift':
      return { label: labelOf(condition.test), threshold: condition.effect, worst: 'highest' }
  }
}

const labelOf = (metric: string): string => LABELS[metric] ?? metric

export const observe = (gauge: Gauge, result: WindowResult): Gauge => {
  if (result.model !== gauge.model || !applies(gauge.rule, result) || result.samples < gauge.rule.minSamples) return gauge
  return pointsOf(gauge, result).reduce(withPoint, gauge)
}

const pointsOf = ({ rule: { condition } }: Gauge, { end, measures, segment }: WindowResult): readonly GaugePoint[] => {
  const metric = condition.kind === 'drift' ? `${condition.test}_effect` : condition.metric
  const subjects = condition.kind === 'drift' && typeof condition.subjects !== 'string' ? condition.subjects : null
  return measures.flatMap(({ metric: name, subject, value }) => {
    if (name !== metric || value === null || (subjects !== null && !subjects.includes(subject))) return []
    return [{ endMs: end, value, where: [segmentText(segment), subject].filter(part => part !== '').join(' ') }]
  })
}

const withPoint = (gauge: Gauge, point: GaugePoint): Gauge => {
  const at = gauge.points.findIndex(each => each.endMs >= point.endMs)
  if (at === -1) return { ...gauge, points: [...gauge.points, point] }
  const known = gauge.points[at]
  if (known.endMs !== point.endMs) return { ...gauge, points: gauge.points.toSpliced(at, 0, point) }
  const isWorse = gauge.worst === 'highest' ? point.value > known.value : point.value < known.value
  return isWorse ? { ...gauge, points: gauge.points.with(at, point) } : gauge
}

export const isBeyond = ({ worst, threshold }: Gauge, value: number): boolean =>
  worst === 'highest' ? value > threshold : value < threshold
