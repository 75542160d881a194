import avro from 'avsc'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createDecoder, type Decoder } from '../../../src/events/avro/decoder.ts'
import { DECODE_RESULTS } from '../../../src/events/avro/faults.ts'
import { createEventColumns, type EventColumns } from '../../../src/events/columns.ts'
import { createTextInterner } from '../../../src/events/interner.ts'
import { blockOf, lastInBuffer } from './block.ts'
import { type Blocks, encode, framed } from './encode.ts'
import { expectedRow, rowAt } from './oracle.ts'
import { dictionary, predictionSchema, predictionValue } from './predictions.ts'
import type { Schema } from './schemas.ts'

const SCHEMA_ID = 77
const limits = { maxRecordBytes: 1_000_000, maxMapEntries: 1000 }

const setUp = (schema: Schema): Readonly<{ decoder: Decoder; columns: EventColumns }> => {
  const texts = createTextInterner()
  const decoder = createDecoder({ dictionary, limits, texts })
  expect(decoder.addSchema(SCHEMA_ID, JSON.stringify(schema))).toBeUndefined()
  return { decoder, columns: createEventColumns(300, dictionary, texts) }
}

const blocks = fc.constantFrom<Blocks>('whole', 'single', 'sized')
const schemaAndValues = predictionSchema.chain(schema =>
  fc.record({
    schema: fc.constant(schema),
    values: fc.array(predictionValue(schema), { minLength: 1, maxLength: 4 }),
    shape: blocks,
  }),
)

describe('any record of any writer schema', () => {
  test('is read as avsc reads it', () => {
    fc.assert(
      fc.property(schemaAndValues, ({ schema, values, shape }) => {
        const { decoder, columns } = setUp(schema)
        const type = avro.Type.forSchema(schema as avro.Schema, { wrapUnions: 'always' })
        const payloads = values.map(value => encode(schema, value, shape))
        const block = blockOf(payloads.map(payload => framed(SCHEMA_ID, payload)))
        payloads.forEach((payload, i) => {
          const expected = expectedRow(schema, type.fromBuffer(payload), dictionary)
          const before = columns.count
          const result = decoder.decode(block, i, columns)
          expect(DECODE_RESULTS[result]).toBe(expected.result)
          expect(columns.count).toBe(before + (result === 0 ? 1 : 0))
          if (result === 0) {
            expect(rowAt(columns, before, dictionary)).toEqual(expected.row)
            expect(columns.offsets[before]).toBe(block.offsets[i])
            expect(columns.recordTimesMs[before]).toBe(block.timestampsMs[i])
          }
        })
      }),
      { numRuns: 250 },
    )
  })

  test('is a fault wherever it is cut off, and leaves the row clean for the next one', () => {
    fc.assert(
      fc.property(schemaAndValues, ({ schema, values, shape }) => {
        const { decoder, columns } = setUp(schema)
        const whole = framed(SCHEMA_ID, encode(schema, values[0], shape))
        const answers: string[] = []
        for (let length = 0; length < whole.length; length++) {
          const result = decoder.decode(lastInBuffer(whole.subarray(0, length)), 0, columns)
          const followed = { ...blockOf([whole]), valueEnds: Int32Array.of(3 + length) }
          const same = decoder.decode(followed, 0, columns) === result && columns.count === 0
          answers.push(same ? DECODE_RESULTS[result] : 'read beyond its end')
        }
        expect(answers).toEqual([...Array(5).fill('not-avro'), ...Array(whole.length - 5).fill('truncated')])
        const type = avro.Type.forSchema(schema as avro.Schema, { wrapUnions: 'always' })
        const expected = expectedRow(schema, type.fromBuffer(whole.subarray(5)), dictionary)
        expect(DECODE_RESULTS[decoder.decode(lastInBuffer(whole), 0, columns)]).toBe(expected.result)
        if (expected.result === 'ok') expect(rowAt(columns, 0, dictionary)).toEqual(expected.row)
      }),
      { numRuns: 30 },
    )
  })

  test('with bytes too many is a fault', () => {
    fc.assert(
      fc.property(schemaAndValues, fc.uint8Array({ minLength: 1, maxLength: 9 }), ({ schema, values, shape }, more) => {
        const { decoder, columns } = setUp(schema)
        const value = Buffer.concat([framed(SCHEMA_ID, encode(schema, values[0], shape)), more])
        expect(DECODE_RESULTS[decoder.decode(blockOf([value]), 0, columns)]).toBe('trailing-bytes')
      }),
      { numRuns: 50 },
    )
  })

  test('with broken bytes neither throws nor hangs, and never appends a row that it calls a fault', () => {
    const broken = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(schemaAndValues, broken, fc.uint8Array({ maxLength: 60 }), ({ schema, values, shape }, changes, noise) => {
        const { decoder, columns } = setUp(schema)
        const value = framed(SCHEMA_ID, encode(schema, values[0], shape))
        for (const [at, byte] of changes) if (value.length > 5) value[5 + (at % (value.length - 5))] = byte
        for (const bytes of [value, framed(SCHEMA_ID, Buffer.from(noise)), Buffer.from(noise)]) {
          const before = columns.count
          const result = decoder.decode(lastInBuffer(bytes), 0, columns)
          expect(columns.count).toBe(before + (result === 0 ? 1 : 0))
          expect(decoder.fault()?.kind ?? 'ok').toBe(DECODE_RESULTS[result])
        }
      }),
      { numRuns: 120 },
    )
  })
})
