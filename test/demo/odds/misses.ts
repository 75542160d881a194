import type { RuleConfig } from '../../../src/config/config.ts'
import { DEMO_WINDOWS } from '../../../src/demo/config.ts'
import type { Evidence, Incident } from '../../../src/demo/incidents.ts'
import type { ModelWorld } from '../../../src/demo/world.ts'
import { binomialHead } from './binomial.ts'
import { inIncident } from './counts.ts'
import { largest, leastVolume, meanEvents, poissonBelow, sharesOf } from './series.ts'

/** The chance that an incident is not caught by the end of its `windows`-th window, at most. */
export type Miss = Readonly<{ incident: string; rule: string; windows: number; chance: number }>

const { sizeMs, everyMs } = DEMO_WINDOWS.hour

/**
 * By the first alert that counts as catching it. The first window that lies inside for sure begins one step after the incident
 * does, for gateways' clocks differ; from there on, `forWindows` windows in a row must break the rule. Windows before may have.
 */
export const missOdds = (
  rules: readonly RuleConfig[],
  models: readonly ModelWorld[],
  incidents: readonly Incident[],
): readonly Miss[] =>
  incidents.map(incident => {
    const [evidence] = incident.caughtBy
    const rule = rules.find(each => each.name === evidence.rule)
    const model = models.find(each => each.name === incident.model)
    if (rule === undefined || model === undefined) throw new Error(`nothing can catch ${incident.name}`)
    const full = Math.ceil(sizeMs / everyMs) + 1
    return {
      incident: incident.name,
      rule: rule.name,
      windows: full + rule.forWindows - 1,
      chance: rule.forWindows * missOfFullWindow(rule, model, incident, evidence),
    }
  })

const missOfFullWindow = (rule: RuleConfig, model: ModelWorld, incident: Incident, { segment }: Evidence): number => {
  const share = Object.entries(segment)
    .map(([dimension, value]) => sharesOf(dimension, model).find(each => each.value === value)?.share ?? 0)
    .reduce((product, each) => product * each, 1)
  const mean = meanEvents(model, share, leastVolume(incident.startMs, incident.endMs))
  const least = Math.max(rule.minSamples, Math.floor(mean - 5 * Math.sqrt(mean)))
  const most = Math.ceil(mean * 2)
  return poissonBelow(mean, least) + largest(least, most, n => missAt(n, rule, model, incident))
}

const missAt = (n: number, { condition }: RuleConfig, model: ModelWorld, incident: Incident): number => {
  // in °F every reading lies above the last edge (8 or less; a reading of 8 °F needs -13 °C, 18 sd away): KS is .98 or more
  if (condition.kind === 'drift' && incident.effect.kind === 'unit') return 0
  const count = inIncident(condition, model, incident)
  if (count === null) throw new Error(`nothing is known of how ${incident.name} is caught`)
  return binomialHead(n, count.breaks(n) - 1, count.hitRatio)
}
