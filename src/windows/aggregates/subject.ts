import type { EventColumns, ValueColumn } from '../../events/columns.ts'

/** What a value aggregate is about: a feature, or the prediction. */
export type Subject = Readonly<{
  /** Unique name of the aggregate. */
  aggregate: string
  /** `subject` of its measures. */
  name: string
  column(columns: EventColumns): ValueColumn
}>
