/** A number that a closed window yields, or the statement that it cannot. Absent numbers are null, never 0 or NaN. */
export type Measure = Readonly<{
  /** Name from the catalogue (docs/measures.md), units in the name: `latency_p95_ms`, `error_ratio`, `psi`. */
  metric: string
  /** A feature's name, `prediction`, a business rule, k of `items_at_least_ratio`, or empty. */
  subject: string
  value: number | null
  /** Events the value rests on. */
  n: number
  /** Bounds of the value where an interval is known (95 % unless the catalogue says otherwise). */
  low: number | null
  high: number | null
  /** Under no drift; null where no law is known. */
  pValue: number | null
  status: MeasureStatus
}>

export type MeasureStatus = 'ok' | 'not_enough_data'

export const measure = (metric: string, subject: string, value: number, n: number): Measure => ({
  metric,
  subject,
  value,
  n,
  low: null,
  high: null,
  pValue: null,
  status: 'ok',
})

export const notEnoughData = (metric: string, subject: string, n: number): Measure => ({
  metric,
  subject,
  value: null,
  n,
  low: null,
  high: null,
  pValue: null,
  status: 'not_enough_data',
})
