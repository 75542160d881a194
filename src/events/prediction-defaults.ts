import type { Prediction } from './prediction.ts'

/** The defaults of `schemas/prediction.avsc`. */
export const PREDICTION_DEFAULTS = {
  context: '',
  operation: '',
  gateway: '',
  requestId: null,
  role: 'serving',
  segments: {},
  features: {},
  prediction: null,
  scores: {},
  itemCount: null,
  items: [],
  latencyMs: null,
  error: null,
  fallback: false,
  ruleEffects: [],
  attributions: {},
  usage: {},
  metadata: {},
  build: null,
  sampled: true,
} as const satisfies Omit<Prediction, 'id' | 'time' | 'model' | 'version'>

export const isDefault = (name: string, value: unknown): boolean => {
  if (!(name in PREDICTION_DEFAULTS)) return false
  const own = (PREDICTION_DEFAULTS as Readonly<Record<string, unknown>>)[name]
  if (typeof own !== 'object' || own === null) return own === value
  return Object.keys(value as object).length === 0
}
