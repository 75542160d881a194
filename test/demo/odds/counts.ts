import type { RuleCondition } from '../../../src/config/config.ts'
import type { Incident } from '../../../src/demo/incidents.ts'
import type { Share } from '../../../src/demo/random.ts'
import { latencyFactor, PEAK_VOLUME } from '../../../src/demo/rhythm.ts'
import type { ModelWorld } from '../../../src/demo/world.ts'
import { quantileRanks } from '../../../src/windows/stats/quantile-ranks.ts'
import { wilson } from '../../../src/windows/stats/wilson.ts'
import { normalTail } from './binomial.ts'
import { leastVolume } from './series.ts'

/**
 * A rule on a ratio or on p95 as a question about one count: a window of n events breaks the rule when at least `breaks(n)` of
 * them are hits (failed, unanswered, slower than the threshold), each with chance `hitRatio`, independently.
 */
export type Count = Readonly<{ breaks: (n: number) => number; hitRatio: number }>

/** With nothing wrong in the series. What incidents elsewhere in the model do to it counts as if it lasted all day. */
export const inQuiet = (condition: RuleCondition, model: ModelWorld, incidents: readonly Incident[]): Count | null => {
  if (condition.kind !== 'above' && condition.kind !== 'below') return null
  const { metric, threshold } = condition
  switch (metric) {
    case 'error_ratio':
      return { breaks: hitsAbove(threshold), hitRatio: model.errorRatio }
    case 'coverage_ratio':
      return { breaks: hitsAbove(1 - threshold), hitRatio: 1 - model.coverageRatio + errorsElsewhere(model, incidents) }
    case 'latency_p95_ms':
      return { breaks: slowAbove, hitRatio: slowerThan(threshold - ROUNDING_MS, model, latencyFactor(PEAK_VOLUME)) }
    default:
      return null
  }
}

/** Inside an incident that the rule should catch, in its least favourable hour. */
export const inIncident = (condition: RuleCondition, model: ModelWorld, { effect, startMs, endMs }: Incident): Count | null => {
  if (condition.kind !== 'above' && condition.kind !== 'below') return null
  const { threshold } = condition
  switch (effect.kind) {
    case 'errors':
      return { breaks: hitsAbove(threshold), hitRatio: effect.errorRatio }
    case 'coverage':
      return { breaks: hitsAbove(1 - threshold), hitRatio: 1 - effect.coverageRatio }
    case 'latency': {
      const fastest = latencyFactor(leastVolume(startMs, endMs))
      return { breaks: slowAbove, hitRatio: slowerThan(threshold * BUCKET + ROUNDING_MS, model, fastest * effect.factor) }
    }
    case 'unit':
      return null
  }
}

/** A p95's bound is known to its histogram's bucket: it may be reported this much below the value. */
const BUCKET = 1 + 1 / 64
/** The simulator's latencies are whole tenths. */
const ROUNDING_MS = 0.05

/** The fewest hits of n whose Wilson lower bound passes `threshold`: never falls as n rises, so a rising n never starts over. */
const hitsAbove = (threshold: number): Count['breaks'] => {
  let hits = 0
  let last = 0
  return n => {
    if (n < last) hits = 0
    last = n
    while (wilson(hits, n).low <= threshold) hits++
    return hits
  }
}

/** The value at the lower rank of p95 lies above the threshold when so many do. */
const slowAbove = (n: number): number => {
  const ranks = quantileRanks(n, 0.95)
  return ranks === null ? n + 1 : n - ranks.lower + 1
}

const slowerThan = (ms: number, { latency, operations }: ModelWorld, factor: number): number =>
  operations
    .map(
      ({ value, share }) =>
        share * normalTail(Math.log(ms / (latency.medianMs * latency.byOperation[value] * factor)) / latency.sigma),
    )
    .reduce((sum, part) => sum + part)

/** What errors in one operation add to the unanswered requests of every context. */
const errorsElsewhere = (model: ModelWorld, incidents: readonly Incident[]): number =>
  Math.max(0, ...incidents.filter(each => each.effect.kind === 'errors').map(each => unansweredMore(model, each)))

/** What an incident adds to the unanswered requests of all the model's traffic. */
export const unansweredMore = (model: ModelWorld, { model: name, effect }: Incident): number => {
  if (name !== model.name) return 0
  if (effect.kind === 'errors') return shareOf(model.operations, effect.operation) * (effect.errorRatio - model.errorRatio)
  if (effect.kind === 'coverage') return shareOf(model.contexts, effect.context) * (model.coverageRatio - effect.coverageRatio)
  return 0
}

const shareOf = (shares: readonly Share[], value: string): number => shares.find(each => each.value === value)?.share ?? 0
