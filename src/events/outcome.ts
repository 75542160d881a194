/** The truth about a prediction, known later: `schemas/outcome.avsc` as a plain object, unions unwrapped. */
export type Outcome = Readonly<{
  predictionId: string
  /** When the truth became known, ms since the epoch. */
  time: number
  actual: null | number | string | boolean
  model: string | null
  version: string | null
  prediction: null | number | string | boolean
}>
