import { z } from 'zod'
import { DEFAULTS } from './defaults.ts'
import { DAY_MS, parseDuration, SECOND_MS } from './durations.ts'
import { choice, duration, integer, list, mapping, name, setting, text } from './kinds.ts'
import { bad, ok, type Parsed, show } from './problem.ts'

const LONGEST_MS = 366 * DAY_MS

/** `1h`, or `1h every 10m`. */
const parseWindow = (value: unknown): Parsed<unknown> => {
  if (typeof value !== 'string' && typeof value !== 'number') return ok(value)
  const [size, every, ...rest] = String(value)
    .trim()
    .split(/\s+every\s+/)
  const form = 'write `1h`, `1h every 10m` or `{ name: hourly, size: 1h, every: 10m }`'
  if (rest.length > 0) return bad(`${show(value)} is not a window`, form)
  for (const part of every === undefined ? [size] : [size, every]) {
    const parsed = parseDuration(part)
    if (parsed.kind === 'bad') return bad(parsed.message, form)
  }
  return ok(every === undefined ? { size } : { size, every })
}

const windowSchema = mapping(
  {
    name: name('hourly').optional(),
    size: duration(SECOND_MS, LONGEST_MS, '1h'),
    every: duration(SECOND_MS, LONGEST_MS, '10m').optional(),
    offset: duration(0, LONGEST_MS, '6h').optional(),
  },
  parseWindow,
)

/** `daytype`, or `[daytype, operation]`. */
const parseSegment = (value: unknown): Parsed<unknown> =>
  ok(typeof value === 'string' || Array.isArray(value) ? { by: value } : value)

const segmentSchema = mapping(
  {
    by: z.preprocess(value => (typeof value === 'string' ? [value] : value), list(text('context'))),
    values: z.record(z.string(), list(text('workday'))).prefault({}),
  },
  parseSegment,
)

const range = setting<readonly [number, number]>(
  'two numbers',
  value => {
    const [low, high] = Array.isArray(value) ? value : []
    if (!Array.isArray(value) || value.length !== 2 || typeof low !== 'number' || typeof high !== 'number')
      return bad(`${show(value)} is not a range`, 'write the smallest and the largest value: [0, 23]')
    return low <= high ? ok([low, high]) : bad(`${show(value)} is empty: ${low} is above ${high}`, `write [${high}, ${low}]`)
  },
  '[0, 23]',
)

/** `numeric`, or `{ kind: numeric, range: [0, 23] }`. */
const parseFeature = (value: unknown): Parsed<unknown> => ok(typeof value === 'string' ? { kind: value } : value)

const featureSchema = mapping({ kind: choice(['numeric', 'categorical']).optional(), range: range.optional() }, parseFeature)

const modelName = setting(
  'text',
  value => {
    if (typeof value !== 'string') return bad(`${show(value)} is not text`, `put it in quotes: "${value}"`)
    if (value.trim() !== value || value === '' || value.length > 200)
      return bad(`${show(value)} is not a model's name`, "write the name as the events' `model` field has it")
    return ok(value)
  },
  'bike-demand, or "*" for every model that is not named',
)

export const modelSchema = mapping(
  {
    name: modelName,
    reference: text('bikes.reference.json').optional(),
    windows: list(windowSchema).prefault([...DEFAULTS.windows]),
    segments: list(segmentSchema).prefault([]),
    features: z.record(z.string(), featureSchema).prefault({}),
    itemsAtLeast: list(integer(1, 100_000, 5)).prefault([]),
    businessRules: list(text('cap-price')).prefault([]),
  },
  value => ok(typeof value === 'string' ? { name: value } : value),
)

export type ModelEntry = z.output<typeof modelSchema>
export type WindowEntry = z.output<typeof windowSchema>
