import { createEventColumns, type Dictionary, type EventColumns, type ValueColumn, ValueKind } from '../../src/events/columns.ts'
import { createTextInterner, type TextInterner } from '../../src/events/interner.ts'
import type { FeatureValue, Prediction } from '../../src/events/prediction.ts'

/** The part of an event that aggregates look at; the rest is as if left out. */
export type EventRow = Partial<
  Pick<Prediction, 'features' | 'prediction' | 'latencyMs' | 'itemCount' | 'error' | 'fallback' | 'ruleEffects'>
>

/** Rows as the decoder would have written them. */
export const columnsOf = (
  events: readonly EventRow[],
  dictionary: Dictionary,
  texts: TextInterner = createTextInterner(),
): EventColumns => {
  const columns = createEventColumns(Math.max(1, events.length), dictionary, texts)
  columns.count = events.length
  events.forEach((event, row) => {
    columns.latenciesMs[row] = event.latencyMs ?? Number.NaN
    columns.itemCounts[row] = event.itemCount ?? Number.NaN
    columns.errors[row] = (event.error ?? null) === null ? 0 : 1
    columns.fallbacks[row] = event.fallback ? 1 : 0
    dictionary.businessRules.forEach((rule, i) => {
      const changed = event.ruleEffects?.some(({ rule: name, effect }) => name === rule && effect !== 'none') ?? false
      columns.ruleChanges[i][row] = changed ? 1 : 0
    })
    dictionary.features.forEach((name, i) => {
      writeValue(columns.features[i], row, event.features?.[name], texts)
    })
    writeValue(columns.prediction, row, event.prediction ?? null, texts)
  })
  return columns
}

const writeValue = (column: ValueColumn, row: number, value: FeatureValue | undefined, texts: TextInterner): void => {
  if (value === undefined) column.kinds[row] = ValueKind.absent
  else if (value === null) column.kinds[row] = ValueKind.null
  else if (typeof value === 'number') {
    column.kinds[row] = ValueKind.number
    column.numbers[row] = value
  } else if (typeof value === 'string') {
    column.kinds[row] = ValueKind.text
    column.texts[row] = texts.code(value)
  } else if (typeof value === 'boolean') {
    column.kinds[row] = ValueKind.boolean
    column.numbers[row] = value ? 1 : 0
  } else column.kinds[row] = ValueKind.vector
}

export const allRows = (count: number): Int32Array => Int32Array.from({ length: count }, (_, row) => row)
