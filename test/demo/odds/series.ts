import type { RuleConfig } from '../../../src/config/config.ts'
import { DEMO_WINDOWS } from '../../../src/demo/config.ts'
import { GATEWAYS } from '../../../src/demo/delivery.ts'
import type { Share } from '../../../src/demo/random.ts'
import { DAY_MS, MINUTE_MS, PEAK_VOLUME, volumeAt } from '../../../src/demo/rhythm.ts'
import type { ModelWorld } from '../../../src/demo/world.ts'
import { upperGamma } from '../../../src/windows/stats/chi-square.ts'

const { sizeMs, everyMs } = DEMO_WINDOWS.hour

/** Windows that hold any of a day's events. */
export const WINDOWS_A_RUN = (DAY_MS + sizeMs) / everyMs

/** The series of a model that a rule judges, with their shares of its traffic. */
export const seriesOf = ({ scope }: RuleConfig, model: ModelWorld): readonly Share[] =>
  scope.kind === 'segments'
    ? scope.dimensions.flatMap(dimension => sharesOf(dimension, model))
    : [{ value: 'all traffic', share: 1 }]

export const sharesOf = (dimension: string, model: ModelWorld): readonly Share[] => {
  if (dimension === 'context') return model.contexts
  if (dimension === 'operation') return model.operations
  return GATEWAYS.map(({ name, share }) => ({ value: name, share }))
}

/** Mean events of a window where traffic is `volume` times its mean. */
export const meanEvents = (model: ModelWorld, share: number, volume: number): number =>
  (model.eventsPerDay / DAY_MS) * sizeMs * share * volume

/** More events than this in a window: 1 in 10^23. */
export const mostEvents = (model: ModelWorld, share: number): number => {
  const mean = meanEvents(model, share, PEAK_VOLUME)
  return Math.ceil(mean + 10 * Math.sqrt(mean))
}

/** The largest chance over all window sizes from `least` to `most`. */
export const largest = (least: number, most: number, chance: (n: number) => number): number => {
  let found = 0
  for (let n = least; n <= most; n++) found = Math.max(found, chance(n))
  return found
}

/** Least volume between two times. */
export const leastVolume = (fromMs: number, toMs: number): number => {
  let least = PEAK_VOLUME
  for (let timeMs = fromMs; timeMs <= toMs; timeMs += MINUTE_MS) least = Math.min(least, volumeAt(timeMs))
  return least
}

/** The chance that a full window of the rule's smallest series has too few events for it at the quietest hour. */
export const thinnest = (rule: RuleConfig, model: ModelWorld): number => {
  if (rule.models.length > 0 && !rule.models.includes(model.name)) return 0
  const share = Math.min(...seriesOf(rule, model).map(each => each.share))
  return poissonBelow(meanEvents(model, share, leastVolume(0, DAY_MS)), rule.minSamples)
}

/** P(N < k), N Poisson with this mean. */
export const poissonBelow = (mean: number, k: number): number => upperGamma(k, mean)
