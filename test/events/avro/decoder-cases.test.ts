import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createDecoder } from '../../../src/events/avro/decoder.ts'
import { DECODE_RESULTS, type DecodeResult, faultReason } from '../../../src/events/avro/faults.ts'
import { createEventColumns, type EventColumns, ValueKind } from '../../../src/events/columns.ts'
import { createTextInterner } from '../../../src/events/interner.ts'
import { blockOf, lastInBuffer } from './block.ts'
import { encode, framed, long } from './encode.ts'
import type { Field, Schema } from './schemas.ts'

const dictionary = { features: ['f0', 'f1'], segments: ['country'], businessRules: ['cap', 'boost'] }
const TIME = 1_767_225_600_000

const basics: readonly Field[] = [
  { name: 'time', type: 'long' },
  { name: 'model', type: 'string' },
  { name: 'version', type: 'string' },
]
const basicValue = { time: TIME, model: 'fraud', version: '1' }
const recordWith = (...fields: readonly Field[]): Schema => ({ type: 'record', name: 'P', fields: [...basics, ...fields] })

const setUp = (limits = { maxRecordBytes: 1000, maxMapEntries: 4 }) => {
  const texts = createTextInterner()
  const decoder = createDecoder({ dictionary, limits, texts })
  return { decoder, columns: createEventColumns(8, dictionary, texts) }
}

const decodeOne = (schema: Schema, payload: Buffer, limits?: { maxRecordBytes: number; maxMapEntries: number }) => {
  const { decoder, columns } = setUp(limits)
  expect(decoder.addSchema(1, JSON.stringify(schema))).toBeUndefined()
  const result: DecodeResult = DECODE_RESULTS[decoder.decode(blockOf([framed(1, payload)]), 0, columns)]
  return { result, columns, fault: decoder.fault() }
}

const read = (schema: Schema, value: unknown): EventColumns => {
  const { result, columns } = decodeOne(schema, encode(schema, value))
  expect(result).toBe('ok')
  return columns
}

describe('a record that is not a prediction', () => {
  test('has no value: the caller must look whether it is a marker', () => {
    const { decoder, columns } = setUp()
    expect(DECODE_RESULTS[decoder.decode(blockOf([null]), 0, columns)]).toBe('null-value')
    expect(columns.count).toBe(0)
  })

  test.each([
    ['is empty', Buffer.alloc(0)],
    ['is shorter than the frame', Buffer.from([0, 0, 0, 1])],
    ['does not begin with the magic byte', Buffer.from('{"model":"fraud"}')],
  ])('%s: not-avro', (_, value) => {
    const { decoder, columns } = setUp()
    expect(DECODE_RESULTS[decoder.decode(blockOf([value]), 0, columns)]).toBe('not-avro')
    expect(decoder.schemaId()).toBe(-1)
  })

  test('names a schema that was never added: the caller may fetch it and try again', () => {
    const { decoder, columns } = setUp()
    const block = blockOf([framed(99, encode(recordWith(), basicValue))])
    expect(DECODE_RESULTS[decoder.decode(block, 0, columns)]).toBe('unknown-schema')
    expect(decoder.schemaId()).toBe(99)
    expect(decoder.hasSchema(99)).toBe(false)
    decoder.addSchema(99, JSON.stringify(recordWith()))
    expect(decoder.hasSchema(99)).toBe(true)
    expect(decoder.decode(block, 0, columns)).toBe(0)
  })

  test('has a schema that is none: remembered, and said in every dead letter', () => {
    const { decoder, columns } = setUp()
    const fault = decoder.addSchema(5, '{"type": "record", "name": "P", "fields": [{"name": "time", "type": "long"}]}')
    expect(fault).toEqual({ kind: 'bad-schema', reason: 'schema 5 cannot be read as a prediction: record P has no field model' })
    expect(DECODE_RESULTS[decoder.decode(blockOf([framed(5, Buffer.alloc(3))]), 0, columns)]).toBe('bad-schema')
    expect(decoder.fault()?.reason).toContain('record P has no field model')
  })
})

describe('limits', () => {
  const schema = recordWith({ name: 'features', type: { type: 'map', values: 'double' } })
  const features = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]))

  test.each(['whole', 'single', 'sized'] as const)('a features map may have maxMapEntries, in blocks that are %s', blocks => {
    expect(decodeOne(schema, encode(schema, { ...basicValue, features: features(4) }, blocks)).result).toBe('ok')
    expect(decodeOne(schema, encode(schema, { ...basicValue, features: features(5) }, blocks)).result).toBe('map-too-large')
  })

  test('a value may have maxRecordBytes, with its frame', () => {
    const payload = encode(schema, { ...basicValue, features: {} })
    const bytes = payload.length + 5
    expect(decodeOne(schema, payload, { maxRecordBytes: bytes, maxMapEntries: 4 }).result).toBe('ok')
    expect(decodeOne(schema, payload, { maxRecordBytes: bytes - 1, maxMapEntries: 4 }).result).toBe('record-too-large')
  })

  test('a block that promises 2^60 entries is cut off, at once', () => {
    const start = encode(recordWith(), basicValue)
    for (const count of [2n ** 60n, -(2n ** 60n), -(2n ** 63n)]) {
      expect(decodeOne(schema, Buffer.concat([start, long(count), long(0)])).result).toBe('truncated')
    }
    const nothings = recordWith({ name: 'extra', type: { type: 'array', items: 'null' } })
    expect(decodeOne(nothings, Buffer.concat([start, long(2n ** 60n), long(0)])).result).toBe('ok')
  })

  test.each<[string, Schema, unknown]>([
    [
      'map of nulls',
      { type: 'map', values: 'null' },
      [
        ['', null],
        ['', null],
        ['', null],
        ['', null],
      ],
    ],
    [
      'map of strings',
      { type: 'map', values: 'string' },
      [
        ['', ''],
        ['', ''],
        ['', ''],
      ],
    ],
    ['array of strings', { type: 'array', items: 'string' }, ['', '', '']],
    ['array of nulls', { type: 'array', items: 'null' }, [null, null, null]],
  ])('entries may take as few bytes as they can: %s', (_, type, value) => {
    for (const name of (type as { type: string }).type === 'map' ? ['extra', 'features'] : ['extra']) {
      const schema = recordWith({ name, type })
      expect(decodeOne(schema, encode(schema, { ...basicValue, [name]: value })).result).toBe('ok')
    }
  })

  test('a recursive value is followed a hundred levels deep', () => {
    const list: Schema = {
      type: 'record',
      name: 'List',
      fields: [
        { name: 'value', type: 'string' },
        { name: 'next', type: ['null', 'List'] },
      ],
    }
    const nested = recordWith({ name: 'extra', type: list })
    const chain = (depth: number): Buffer =>
      Buffer.concat([
        encode(recordWith(), basicValue),
        ...Array.from({ length: depth }, () => Buffer.from([2, 120, 2])),
        Buffer.from([0, 0]),
      ])
    expect(decodeOne(nested, chain(40)).result).toBe('ok')
    expect(decodeOne(nested, chain(300)).result).toBe('too-deep')
  })
})

describe('an event like those before it', () => {
  const names = ['f0', 'f1', 'a-longer-name-that-is-not-declared']
  const map: Schema = { type: 'map', values: ['null', 'double', 'string'] }
  const record: Schema = {
    type: 'record',
    name: 'F',
    fields: names.map(name => ({ name: name.replaceAll('-', '_'), type: 'double' })),
  }
  const mapValue = Object.fromEntries(names.map(name => [name, { double: 1 }]))
  const recordValue = Object.fromEntries(names.map(name => [name.replaceAll('-', '_'), 1]))

  test.each([
    ['map', map, mapValue],
    ['record', record, recordValue],
  ])('is a fault wherever it is cut off, though its keys are expected: %s', (_, type, features) => {
    const schema = recordWith({ name: 'features', type })
    const { decoder, columns } = setUp()
    decoder.addSchema(1, JSON.stringify(schema))
    const whole = framed(1, encode(schema, { ...basicValue, features }))
    expect(decoder.decode(lastInBuffer(whole), 0, columns)).toBe(0)
    for (let length = 5; length < whole.length; length++) {
      expect(DECODE_RESULTS[decoder.decode(lastInBuffer(whole.subarray(0, length)), 0, columns)]).toBe('truncated')
    }
    expect(columns.count).toBe(1)
  })
})

describe('values that no field can take', () => {
  const start = encode(recordWith(), basicValue)

  test.each<[DecodeResult, Field, Buffer]>([
    ['bad-union-index', { name: 'extra', type: ['null', 'string'] }, long(2)],
    ['bad-union-index', { name: 'latencyMs', type: ['null', 'double'] }, long(-1)],
    ['bad-union-index', { name: 'context', type: { type: 'enum', name: 'C', symbols: ['a'] } }, long(1)],
    ['bad-length', { name: 'extra', type: 'string' }, long(-1)],
    ['bad-length', { name: 'extra', type: 'long' }, Buffer.alloc(11, 0xff)],
    ['bad-length', { name: 'features', type: { type: 'map', values: 'double' } }, Buffer.concat([long(-1), long(-9)])],
    ['wrong-type', { name: 'latencyMs', type: ['string', 'double'] }, Buffer.concat([long(0), long(1), Buffer.from('x')])],
    ['truncated', { name: 'extra', type: { type: 'fixed', name: 'F', size: 2 ** 40 } }, Buffer.alloc(8)],
  ])('%s: %o', (expected, field, bytes) => {
    const { result, fault, columns } = decodeOne(recordWith(field), Buffer.concat([start, bytes]))
    expect(result).toBe(expected)
    expect(fault?.reason).toContain(`field ${field.name}`)
    expect(columns.count).toBe(0)
  })

  test('an empty or a null model is a missing model', () => {
    expect(decodeOne(recordWith(), encode(recordWith(), { ...basicValue, model: '' })).result).toBe('missing-model')
    const nullable: Schema = {
      type: 'record',
      name: 'P',
      fields: [basics[0], { name: 'model', type: ['null', 'string'] }, basics[2]],
    }
    expect(decodeOne(nullable, encode(nullable, { ...basicValue, model: null })).result).toBe('missing-model')
  })

  test.each([
    [8.64e15, 'ok'],
    [-8.64e15, 'ok'],
    [8.64e15 + 1, 'bad-time'],
    [-(2n ** 63n), 'bad-time'],
    [2n ** 63n - 1n, 'bad-time'],
  ] as const)('time %s is %s', (time, expected) => {
    const { result, columns } = decodeOne(recordWith(), encode(recordWith(), { ...basicValue, time }))
    expect(result).toBe(expected)
    if (result === 'ok') expect(columns.timesMs[0]).toBe(time)
  })

  test('every result has a reason for people', () => {
    for (const code of DECODE_RESULTS.keys()) expect(faultReason(code)).toMatch(/^\S.{15,}/)
  })
})

describe('fields', () => {
  test('micros become the millisecond that they lie in', () => {
    const schema: Schema = {
      type: 'record',
      name: 'P',
      fields: [{ name: 'timestamp', type: { type: 'long', logicalType: 'timestamp-micros' } }, ...basics.slice(1)],
    }
    expect(read(schema, { timestamp: TIME * 1000 + 999, model: 'm', version: '' }).timesMs[0]).toBe(TIME)
    expect(read(schema, { timestamp: -1, model: 'm', version: '' }).timesMs[0]).toBe(-1)
  })

  test('time wins over timestamp, which is then any other field', () => {
    const schema = recordWith({ name: 'timestamp', type: 'string' })
    expect(read(schema, { ...basicValue, timestamp: 'yesterday' }).timesMs[0]).toBe(TIME)
  })

  test('of a feature that comes twice the last value counts', () => {
    const schema = recordWith({ name: 'features', type: { type: 'map', values: ['null', 'double', 'string'] } })
    const twice = (last: unknown) =>
      read(schema, {
        ...basicValue,
        features: [
          ['f0', { double: 1 }],
          ['f1', { double: 2 }],
          ['f0', last],
        ],
      })
    expect(twice({ double: 3 }).features[0].numbers[0]).toBe(3)
    expect(twice(null).features[0].kinds[0]).toBe(ValueKind.null)
    expect(twice({ string: 'x' }).features[0].kinds[0]).toBe(ValueKind.text)
  })

  test('keys may come in another order in every event', () => {
    const schema = recordWith({ name: 'features', type: { type: 'map', values: 'double' } })
    const { decoder, columns } = setUp()
    decoder.addSchema(1, JSON.stringify(schema))
    const orders = [['f0', 'f1', 'x'], ['x', 'f1', 'f0'], ['f1', 'f0'], ['x'], ['f0', 'f1', 'x']]
    const values = orders.map(keys =>
      encode(schema, { ...basicValue, features: Object.fromEntries(keys.map(key => [key, key === 'f0' ? 10 : 20])) }),
    )
    const block = blockOf(values.map(value => framed(1, value)))
    for (const i of orders.keys()) expect(decoder.decode(block, i, columns)).toBe(0)
    const kindsOf = (feature: number) => [...columns.features[feature].kinds.subarray(0, 5)]
    expect(kindsOf(0)).toEqual([2, 2, 2, 0, 2])
    expect(kindsOf(1)).toEqual([2, 2, 2, 0, 2])
    expect([...columns.features[0].numbers.subarray(0, 3)]).toEqual([10, 10, 10])
    expect([...columns.features[1].numbers.subarray(0, 3)]).toEqual([20, 20, 20])
  })

  test('more foreign keys than are remembered change nothing', () => {
    const schema = recordWith({ name: 'features', type: { type: 'map', values: 'double' } })
    const { decoder, columns } = setUp({ maxRecordBytes: 1_000_000, maxMapEntries: 10_000 })
    decoder.addSchema(1, JSON.stringify(schema))
    const foreign = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`foreign-${i}`, i]))
    const value = framed(1, encode(schema, { ...basicValue, features: { ...foreign, f0: 1.5, ['y'.repeat(200)]: 2, f1: 2.5 } }))
    for (let i = 0; i < 3; i++) {
      expect(decoder.decode(blockOf([value]), 0, columns)).toBe(0)
      expect([columns.features[0].numbers[i], columns.features[1].numbers[i]]).toEqual([1.5, 2.5])
    }
  })

  test('rows that are taken back leave nothing behind', () => {
    const full = recordWith(
      { name: 'features', type: { type: 'map', values: 'double' } },
      { name: 'segments', type: { type: 'map', values: 'string' } },
    )
    const { decoder, columns } = setUp()
    decoder.addSchema(1, JSON.stringify(full))
    decoder.addSchema(2, JSON.stringify(recordWith()))
    const block = blockOf([
      framed(1, encode(full, { ...basicValue, features: { f0: 1 }, segments: { country: 'de' } })),
      framed(2, encode(recordWith(), basicValue)),
    ])
    for (let i = 0; i < 4; i++) expect(decoder.decode(block, 0, columns)).toBe(0)
    columns.count = 2
    expect(decoder.decode(block, 1, columns)).toBe(0)
    expect([columns.features[0].kinds[2], columns.segments[0][2]]).toEqual([ValueKind.absent, -1])
  })

  test('columns that are full, or speak of other texts, are a bug of the caller', () => {
    const { decoder, columns } = setUp()
    decoder.addSchema(1, JSON.stringify(recordWith()))
    const block = blockOf([framed(1, encode(recordWith(), basicValue))])
    for (let i = 0; i < 8; i++) decoder.decode(block, 0, columns)
    expect(() => decoder.decode(block, 0, columns)).toThrow('full')
    expect(() => decoder.decode(block, 0, createEventColumns(8, dictionary, createTextInterner()))).toThrow('text interner')
  })

  test("the product's own schema can be read", () => {
    const { decoder } = setUp()
    expect(
      decoder.addSchema(1, readFileSync(new URL('../../../schemas/prediction.avsc', import.meta.url), 'utf8')),
    ).toBeUndefined()
  })

  test('a name declared twice is a bug of the caller', () => {
    const twice = { ...dictionary, features: ['f0', 'f0'] }
    expect(() =>
      createDecoder({ dictionary: twice, limits: { maxRecordBytes: 1, maxMapEntries: 1 }, texts: createTextInterner() }),
    ).toThrow('"f0" twice')
  })
})
