import type { Prediction } from '../events/prediction.ts'
import type { Gateway } from './delivery.ts'
import type { Incident } from './incidents.ts'
import { byRank, type Random } from './random.ts'
import { latencyFactor, volumeAt } from './rhythm.ts'
import type { ModelWorld, Reading } from './world.ts'

const NONE = Object.freeze({})
const EMPTY = Object.freeze([])

/** One model's requests: what is asked of it at `timeMs` through a gateway, and what it answers. */
export const createRequests = (
  model: ModelWorld,
  random: Random,
  seed: number,
  incidents: readonly Incident[],
): ((timeMs: number, gateway: Gateway) => Prediction) => {
  const contextAt = byRank(model.contexts)
  const operationAt = byRank(model.operations)
  const own = incidents.filter(each => each.model === model.name)
  const prefix = `${model.name}-${seed.toString(36)}-`
  let count = 0

  return (timeMs, gateway) => {
    const context = contextAt(random.uniform())
    const operation = operationAt(random.uniform())
    const troubles = own.length === 0 ? NO_TROUBLES : troublesOf(own, timeMs, context, operation, gateway.name)
    const answer = model.answer(random, context, troubles.reading)
    const medianMs = model.latency.medianMs * model.latency.byOperation[operation] * latencyFactor(volumeAt(timeMs))
    const latencyMs = medianMs * troubles.latencyFactor * Math.exp(model.latency.sigma * random.normal())

    const errorRatio = troubles.errorRatio ?? model.errorRatio
    const unansweredRatio = 1 - (troubles.coverageRatio ?? model.coverageRatio) + errorRatio - model.errorRatio
    const luck = random.uniform()
    const answered = luck >= unansweredRatio
    const fellBack = random.uniform() < model.fallbackRatio

    return {
      id: prefix + (count++).toString(36),
      time: Math.round(timeMs + gateway.clockOffsetMs),
      model: model.name,
      version: model.version,
      context,
      operation,
      gateway: gateway.name,
      requestId: null,
      role: 'serving',
      segments: NONE,
      features: answer.features,
      prediction: answered ? answer.prediction : null,
      scores: NONE,
      itemCount: answered || answer.itemCount === null ? answer.itemCount : 0,
      items: EMPTY,
      latencyMs: Math.round(latencyMs * 10) / 10,
      error: luck < errorRatio ? 'UNAVAILABLE' : null,
      fallback: answered && fellBack,
      ruleEffects: answered ? answer.ruleEffects : EMPTY,
      attributions: NONE,
      usage: NONE,
      metadata: NONE,
      build: model.build,
      sampled: true,
    }
  }
}

/** What the incidents of a moment do to one request; null: nothing. */
type Troubles = Readonly<{ reading: Reading; latencyFactor: number; errorRatio: number | null; coverageRatio: number | null }>

const NO_TROUBLES: Troubles = { reading: (_feature, value) => value, latencyFactor: 1, errorRatio: null, coverageRatio: null }

const troublesOf = (own: readonly Incident[], timeMs: number, context: string, operation: string, gateway: string): Troubles => {
  let troubles = NO_TROUBLES
  for (const { startMs, endMs, effect } of own) {
    if (timeMs < startMs || timeMs >= endMs) continue
    switch (effect.kind) {
      case 'unit':
        if (gateway === effect.gateway)
          troubles = { ...troubles, reading: (feature, value) => (feature === effect.feature ? effect.convert(value) : value) }
        break
      case 'latency':
        if (context === effect.context) troubles = { ...troubles, latencyFactor: effect.factor }
        break
      case 'coverage':
        if (context === effect.context) troubles = { ...troubles, coverageRatio: effect.coverageRatio }
        break
      case 'errors':
        if (operation === effect.operation) troubles = { ...troubles, errorRatio: effect.errorRatio }
        break
    }
  }
  return troubles
}
