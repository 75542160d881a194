import type { Prediction } from '../events/prediction.ts'
import { basketRecommender } from './models/basket-recommender.ts'
import { shelfLife } from './models/shelf-life.ts'
import type { Random, Share } from './random.ts'

/**
 * What the simulator draws from. Everything an alert rests on is the same at every hour: traffic has a daily rhythm, what a
 * request looks like has none. A feature that depends on the hour makes each hour differ from the whole day, honestly and
 * uselessly.
 */
export type ModelWorld = Readonly<{
  name: string
  version: string
  eventsPerDay: number
  /** Drawn independently of each other and of the gateway. */
  contexts: readonly Share[]
  operations: readonly Share[]
  errorRatio: number
  /** Requests that get an answer; those that failed get none. */
  coverageRatio: number
  /** Answers that came from the simple model behind the model. */
  fallbackRatio: number
  /** Log-normal around `medianMs` times the operation's factor. */
  latency: Readonly<{ medianMs: number; sigma: number; byOperation: Readonly<Record<string, number>> }>
  numericFeatures: readonly string[]
  categoricalFeatures: Readonly<Record<string, readonly Share[]>>
  businessRules: readonly string[]
  build: Prediction['build']
  /** `reading` stands between a true value and what the gateway sends. How many numbers are drawn must not depend on it. */
  answer(random: Random, context: string, reading: Reading): Answer
}>

export type Reading = (feature: string, value: number) => number

export type Answer = Readonly<{
  features: Prediction['features']
  prediction: number
  /** null: answers of this model are not lists. */
  itemCount: number | null
  ruleEffects: Prediction['ruleEffects']
}>

export const MODELS: readonly ModelWorld[] = [shelfLife, basketRecommender]
