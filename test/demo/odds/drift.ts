import type { RuleCondition } from '../../../src/config/config.ts'
import type { Incident } from '../../../src/demo/incidents.ts'
import type { ModelWorld } from '../../../src/demo/world.ts'
import { KOLMOGOROV_MEAN } from '../../../src/windows/stats/kolmogorov.ts'
import { binomialHead, binomialTail } from './binomial.ts'
import { unansweredMore } from './counts.ts'
import { largest, mostEvents } from './series.ts'

type Drift = Extract<RuleCondition, { kind: 'drift' }>

/** `each`: the largest chance of one subject in one window; `reference`: of all subjects, once a run. */
type DriftOdds = Readonly<{ subjects: number; each: number; reference: number }>

/** How far the reference's distribution function may be from the truth, and any of its shares, relative to the true one. */
const REFERENCE_KS = 0.0125
const REFERENCE_SHARE = 0.06
/** A reference has no fewer events than this part of a day's mean: more than 28 standard deviations. */
const LEAST_REFERENCE = 0.9
/** A window in which fewer than this part has a prediction counts as a false alarm. */
const LEAST_ANSWERED = 0.85

/** Only the effect's threshold is counted; that p must also pass alpha makes alarms rarer still. */
export const driftOdds = (condition: Drift, minSamples: number, model: ModelWorld, incidents: readonly Incident[]): DriftOdds => {
  const { test, subjects, effect } = condition
  if (typeof subjects === 'string') throw new Error('the arithmetic wants the subjects listed')
  const m = Math.floor(LEAST_REFERENCE * model.eventsPerDay)
  const most = mostEvents(model, 1)
  switch (test) {
    case 'ks': {
      const unanswered = 1 - model.coverageRatio + Math.max(0, ...incidents.map(each => unansweredMore(model, each)))
      const each = largest(minSamples, most, n => ksWindowChance(n, unanswered, effect))
      return {
        subjects: subjects.length,
        each,
        reference: subjects.length * ksChance(Math.floor(LEAST_ANSWERED * m), REFERENCE_KS),
      }
    }
    case 'psi': {
      const shares = subjects.map(subject => model.categoricalFeatures[subject].map(({ share }) => share))
      const each = largest(minSamples, most, n => Math.max(...shares.map(all => psiChance(n, all, effect))))
      const reference = shares
        .flat()
        .reduce((sum, share) => sum + shareChance(m, share, 1 - REFERENCE_SHARE, 1 + REFERENCE_SHARE), 0)
      return { subjects: subjects.length, each, reference }
    }
  }
}

/** Of n events, of which some may have no prediction. The effect is D less the mean of Kolmogorov's law. */
const ksWindowChance = (n: number, unanswered: number, effect: number): number => {
  const values = Math.floor(LEAST_ANSWERED * n)
  return binomialTail(n, n - values, unanswered) + ksChance(values, effect + KOLMOGOROV_MEAN / Math.sqrt(n) - REFERENCE_KS)
}

/**
 * P(D > distance) of n events, whatever the distribution: A. Dvoretzky, J. Kiefer, J. Wolfowitz (1956) with P. Massart's constant
 * (Annals of Probability 18, 1990). D on bins is no larger.
 */
const ksChance = (n: number, distance: number): number => Math.min(1, 2 * Math.exp(-2 * n * distance * distance))

/**
 * P(PSI > threshold), at most. PSI is a mean, over the reference's shares, of f(x) = (x - 1) ln x of the ratios x of the shares:
 * where it passes the threshold, some ratio must have left the interval in which f does not.
 */
const psiChance = (n: number, shares: readonly number[], threshold: number): number => {
  const low = ratioAt(threshold, 0, 1)
  const high = ratioAt(threshold, 10, 1)
  return shares.reduce(
    (sum, share) => sum + shareChance(n, share, low * (1 + REFERENCE_SHARE), high * (1 - REFERENCE_SHARE), shares.length),
    0,
  )
}

/** P(a smoothed share of n events lies outside [low, high] times the true one). `bins`: for the half event that each gets. */
const shareChance = (n: number, share: number, low: number, high: number, bins = 0): number => {
  const events = (ratio: number): number => ratio * share * (n + bins / 2) - (bins === 0 ? 0 : 0.5)
  return binomialHead(n, Math.floor(events(low)), share) + binomialTail(n, Math.ceil(events(high)), share)
}

/** x between `outside` and 1 with (x - 1) ln x = threshold, by bisection, rounded towards 1. */
const ratioAt = (threshold: number, outside: number, inside: number): number => {
  let [from, to] = [outside, inside]
  for (let i = 0; i < 60; i++) {
    const middle = (from + to) / 2
    if ((middle - 1) * Math.log(middle) > threshold) from = middle
    else to = middle
  }
  return to
}
