import { z } from 'zod'
import { type Parsed, predictionFromJson } from './json.ts'
import { show } from './json-checks.ts'
import { parseIsoTime } from './time.ts'

/** A column by its name in the header row, or one value for all rows. */
const textSource = z.union([z.string(), z.strictObject({ constant: z.string() })])

const valueColumn = z.union([
  z.string(),
  z.strictObject({
    column: z.string(),
    /** The feature's or dimension's name; default: the column's. */
    name: z.string().optional(),
    /** `auto`: a number where the text is one, else a text. */
    as: z.enum(['auto', 'number', 'text', 'boolean']).optional(),
  }),
])

/** Which columns of a CSV file make a prediction. Nothing is guessed: a column that is not named here is not read. */
export const csvMappingSchema = z.strictObject({
  time: z.string(),
  model: textSource,
  version: textSource,
  /** Default: file and line. */
  id: z.string().optional(),
  context: textSource.optional(),
  operation: textSource.optional(),
  gateway: textSource.optional(),
  prediction: valueColumn.optional(),
  features: z.array(valueColumn).optional(),
  segments: z.array(valueColumn).optional(),
  latencyMs: z.string().optional(),
  itemCount: z.string().optional(),
  error: z.string().optional(),
  fallback: z.string().optional(),
})

export type CsvMapping = z.infer<typeof csvMappingSchema>
type ValueColumn = z.infer<typeof valueColumn>
type TextSource = z.infer<typeof textSource>

/** One row to a prediction. `where` makes the id of a row without one. */
export type CsvRow = (cells: readonly string[], where: string) => Parsed

/** `problem` when the header lacks a column that the mapping names. */
export const csvReader = (
  mapping: CsvMapping,
  header: readonly string[],
): Readonly<{ kind: 'reader'; read: CsvRow } | { kind: 'problem'; message: string }> => {
  const positions = new Map(header.map((name, i) => [name, i]))
  const missing = columnsOf(mapping).filter(name => !positions.has(name))
  if (missing.length > 0) {
    return { kind: 'problem', message: `no column ${missing.map(show).join(', ')} in the header ${show(header.join(','))}` }
  }
  const read: CsvRow = (cells, where) => {
    if (cells.length !== header.length) {
      return { kind: 'problem', field: '', message: `${cells.length} cells, but the header has ${header.length}` }
    }
    const cell = (column: string): string => cells[positions.get(column) ?? -1]
    try {
      return predictionFromJson(toJson(mapping, cell, where))
    } catch (error) {
      if (error instanceof CellProblem) return { kind: 'problem', field: error.column, message: error.message }
      throw error
    }
  }
  return { kind: 'reader', read }
}

class CellProblem extends Error {
  readonly column: string

  constructor(column: string, cell: string, expected: string) {
    super(`column ${show(column)} is ${show(cell)}; it must be ${expected}`)
    this.column = column
  }
}

const columnsOf = (mapping: CsvMapping): readonly string[] => {
  const { features = [], segments = [], prediction, ...rest } = mapping
  const values = [...features, ...segments, ...(prediction === undefined ? [] : [prediction])]
  const plain = Object.values(rest).filter(source => typeof source === 'string')
  return [...plain, ...values.map(columnOf)]
}

const columnOf = (source: ValueColumn): string => (typeof source === 'string' ? source : source.column)
const nameOf = (source: ValueColumn): string => (typeof source === 'string' ? source : (source.name ?? source.column))

/** An empty cell is null, or the default of what cannot be null. */
const toJson = (mapping: CsvMapping, cell: (column: string) => string, where: string): Readonly<Record<string, unknown>> => {
  const text = (source: TextSource | undefined): string | undefined => {
    if (source === undefined) return undefined
    return typeof source === 'string' ? cell(source) : source.constant
  }
  const optional = <T>(column: string | undefined, read: (column: string, cell: string) => T): T | null =>
    column === undefined || cell(column) === '' ? null : read(column, cell(column))
  const value = (source: ValueColumn): null | number | string | boolean =>
    optional(columnOf(source), (column, content) =>
      typed(column, content, typeof source === 'string' ? 'auto' : (source.as ?? 'auto')),
    )
  const entries = (sources: readonly ValueColumn[]) => sources.map(source => [nameOf(source), value(source)] as const)
  const asText = (sources: readonly ValueColumn[]) => sources.map(source => [nameOf(source), cell(columnOf(source))] as const)
  return {
    id: optional(mapping.id, (_, content) => content) ?? where,
    time: time(mapping.time, cell(mapping.time)),
    model: text(mapping.model),
    version: text(mapping.version),
    context: text(mapping.context),
    operation: text(mapping.operation),
    gateway: text(mapping.gateway),
    prediction: mapping.prediction === undefined ? null : value(mapping.prediction),
    features: Object.fromEntries(entries(mapping.features ?? [])),
    segments: Object.fromEntries(asText(mapping.segments ?? []).filter(([, content]) => content !== '')),
    latencyMs: optional(mapping.latencyMs, number),
    itemCount: optional(mapping.itemCount, number),
    error: optional(mapping.error, (_, content) => content),
    fallback: optional(mapping.fallback, boolean),
  }
}

/** ISO-8601, in UTC where no zone is said (files of measurements rarely say one), or ms since the epoch. */
const time = (column: string, cell: string): number => {
  if (/^-?\d+$/.test(cell)) return Number(cell)
  const parsed = parseIsoTime(cell, 'Z')
  if (parsed.kind === 'time') return parsed.timeMs
  throw new CellProblem(column, cell, 'a time: ISO-8601 (UTC where it says no zone) or milliseconds since the epoch')
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

const number = (column: string, cell: string): number => {
  if (DECIMAL.test(cell.trim())) return Number(cell)
  throw new CellProblem(column, cell, 'a number')
}

const boolean = (column: string, cell: string): boolean => {
  const word = cell.trim().toLowerCase()
  if (word === 'true' || word === '1') return true
  if (word === 'false' || word === '0') return false
  throw new CellProblem(column, cell, 'true or false (or 1 or 0)')
}

const typed = (column: string, cell: string, as: 'auto' | 'number' | 'text' | 'boolean'): number | string | boolean => {
  if (as === 'number') return number(column, cell)
  if (as === 'boolean') return boolean(column, cell)
  return as === 'auto' && DECIMAL.test(cell.trim()) ? Number(cell) : cell
}
