import { describe, expect, test } from 'vitest'
import { type CsvMapping, csvMappingSchema, csvReader } from '../../src/events/csv.ts'
import { PREDICTION_DEFAULTS } from '../../src/events/prediction-defaults.ts'

const header = ['when', 'model', 'temp', 'sky', 'weekday', 'answer', 'ms', 'country', 'code', 'fell_back', 'row_id']
const mapping: CsvMapping = {
  time: 'when',
  model: 'model',
  version: { constant: '7' },
  id: 'row_id',
  features: ['temp', 'sky', { column: 'weekday', name: 'day', as: 'text' }],
  segments: ['country'],
  prediction: { column: 'answer', as: 'number' },
  latencyMs: 'ms',
  error: 'code',
  fallback: 'fell_back',
}
const row = ['2026-01-31 12:00:00', 'fraud', '0.24', 'clear', '5', '-1e3', '12.5', 'de', '', '1', 'r1']

const read = (cells: readonly string[], given: CsvMapping = mapping) => {
  const reader = csvReader(given, header)
  if (reader.kind === 'problem') throw new Error(reader.message)
  return reader.read(cells, 'file.csv:2')
}
const withCell = (column: string, cell: string): readonly string[] => row.map((old, i) => (header[i] === column ? cell : old))
const message = (column: string, cell: string): string => {
  const parsed = read(withCell(column, cell))
  return parsed.kind === 'problem' ? parsed.message : 'no problem'
}

describe('a row of a CSV file', () => {
  test('becomes a prediction by the mapping', () => {
    expect(read(row)).toEqual({
      kind: 'prediction',
      prediction: {
        ...PREDICTION_DEFAULTS,
        id: 'r1',
        time: Date.UTC(2026, 0, 31, 12),
        model: 'fraud',
        version: '7',
        features: { temp: 0.24, sky: 'clear', day: '5' },
        segments: { country: 'de' },
        prediction: -1000,
        latencyMs: 12.5,
        fallback: true,
      },
    })
  })

  test('has nulls where cells are empty, and no such segment', () => {
    const empty = row.map((cell, i) => (['when', 'model'].includes(header[i]) ? cell : ''))
    expect(read(empty)).toMatchObject({
      prediction: {
        id: 'file.csv:2',
        features: { temp: null, sky: null, day: null },
        segments: {},
        prediction: null,
        latencyMs: null,
        fallback: false,
      },
    })
  })

  test.each([
    [
      'when',
      '31.01.2026',
      'column "when" is "31.01.2026"; it must be a time: ISO-8601 (UTC where it says no zone) or milliseconds since the epoch',
    ],
    ['when', '', 'column "when" is ""; it must be a time: ISO-8601 (UTC where it says no zone) or milliseconds since the epoch'],
    ['answer', '1,5', 'column "answer" is "1,5"; it must be a number'],
    ['answer', 'NaN', 'column "answer" is "NaN"; it must be a number'],
    ['answer', '0x10', 'column "answer" is "0x10"; it must be a number'],
    ['ms', 'fast', 'column "ms" is "fast"; it must be a number'],
    ['fell_back', 'maybe', 'column "fell_back" is "maybe"; it must be true or false (or 1 or 0)'],
    ['model', '', 'model is ""; it must be the name of a model'],
  ])('%s %j: %s', (column, cell, expected) => {
    expect(message(column, cell)).toBe(expected)
  })

  test('may have its time in milliseconds', () => {
    expect(read(withCell('when', '1000'))).toMatchObject({ prediction: { time: 1000 } })
  })

  test('with too few or too many cells is a problem', () => {
    expect(read(row.slice(1))).toEqual({ kind: 'problem', field: '', message: '10 cells, but the header has 11' })
    expect(read([...row, 'x'])).toMatchObject({ message: '12 cells, but the header has 11' })
  })
})

describe('a mapping', () => {
  test('that names columns which are not there is a problem, with all of them', () => {
    const reader = csvReader({ ...mapping, time: 'tiem', features: ['temp', 'hum'] }, ['temp', 'model'])
    expect(reader).toMatchObject({ kind: 'problem' })
    expect(reader.kind === 'problem' && reader.message).toMatch(/^no column "tiem", .*"hum".* in the header "temp,model"$/)
  })

  test('may hold no key that means nothing', () => {
    expect(csvMappingSchema.safeParse(mapping).success).toBe(true)
    expect(csvMappingSchema.safeParse({ ...mapping, latency: 'ms' }).success).toBe(false)
    expect(csvMappingSchema.safeParse({ time: 'when' }).success).toBe(false)
  })
})
