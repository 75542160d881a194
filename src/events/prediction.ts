/** A feature's value. An array of numbers is an embedding. */
export type FeatureValue = null | number | string | boolean | readonly number[]

/** One request answered by a model: `schemas/prediction.avsc` as a plain object, unions unwrapped. */
export type Prediction = Readonly<{
  id: string
  /** Event time, ms since the epoch. */
  time: number
  model: string
  version: string
  context: string
  operation: string
  gateway: string
  requestId: string | null
  role: 'serving' | 'canary' | 'shadow'
  segments: Readonly<Record<string, string>>
  features: Readonly<Record<string, FeatureValue>>
  /** null: the model could not answer. */
  prediction: null | number | string | boolean
  scores: Readonly<Record<string, number>>
  itemCount: number | null
  items: readonly string[]
  latencyMs: number | null
  error: string | null
  fallback: boolean
  ruleEffects: readonly RuleEffect[]
  attributions: Readonly<Record<string, number>>
  usage: Readonly<Record<string, number>>
  metadata: Readonly<Record<string, string>>
  build: Readonly<{ service: string; commit: string; image: string; dataVersion: string }> | null
  /** false: payload fields were dropped by sampling at the gateway. */
  sampled: boolean
}>

/** What a business rule did to the answer. `effect` `none` means that it left the answer as it was. */
export type RuleEffect = Readonly<{ rule: string; effect: string; before: string | null; after: string | null }>
