import { createEventColumns, type Dictionary, type EventColumns, ValueKind } from '../../src/events/columns.ts'
import { createTextInterner, type TextInterner } from '../../src/events/interner.ts'

/** An event as a test writes it; what is left out is absent. */
export type TestEvent = Readonly<{
  offset: number
  timeMs: number
  model?: string
  version?: string
  context?: string
  segments?: Readonly<Record<string, string>>
  features?: Readonly<Record<string, number>>
  latencyMs?: number
  error?: boolean
}>

const NO_NAMES: Dictionary = { features: [], segments: [], businessRules: [] }

/** `texts`: of the columns before, where what reads them remembers codes. */
export const columnsOf = (
  events: readonly TestEvent[],
  dictionary: Dictionary = NO_NAMES,
  texts: TextInterner = createTextInterner(),
): EventColumns => {
  const columns = createEventColumns(Math.max(1, events.length), dictionary, texts)
  events.forEach((event, row) => {
    columns.offsets[row] = event.offset
    columns.timesMs[row] = event.timeMs
    columns.recordTimesMs[row] = event.timeMs
    columns.models[row] = columns.texts.code(event.model ?? 'm')
    columns.versions[row] = columns.texts.code(event.version ?? '1')
    columns.contexts[row] = columns.texts.code(event.context ?? '')
    columns.latenciesMs[row] = event.latencyMs ?? Number.NaN
    columns.itemCounts[row] = Number.NaN
    columns.errors[row] = event.error ? 1 : 0
    columns.prediction.kinds[row] = ValueKind.null
    dictionary.segments.forEach((name, s) => {
      const value = event.segments?.[name]
      columns.segments[s][row] = value === undefined ? -1 : columns.texts.code(value)
    })
    dictionary.features.forEach((name, f) => {
      const value = event.features?.[name]
      columns.features[f].kinds[row] = value === undefined ? ValueKind.absent : ValueKind.number
      columns.features[f].numbers[row] = value ?? 0
    })
  })
  columns.count = events.length
  return columns
}
