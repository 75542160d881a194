import avro from 'avsc'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DECODE_RESULTS } from '../../src/events/avro/faults.ts'
import { JsonBuffer } from '../../src/events/json-buffer.ts'
import { createTranscoder } from '../../src/events/json-transcode.ts'
import { type Blocks, encode, framed, long } from './avro/encode.ts'
import { predictionSchema, predictionValue } from './avro/predictions.ts'
import { anyType, fieldsOf, isUnion, named, recordOf, type Schema, valuesOf } from './avro/schemas.ts'

const transcode = (schema: Schema, payload: Buffer, options?: { maxJsonBytes: number }): string => {
  const transcoder = createTranscoder(options)
  expect(transcoder.addSchema(7, JSON.stringify(schema))).toBeUndefined()
  const bytes = Buffer.concat([Buffer.from('xx'), framed(7, payload), Buffer.from('yy')])
  const result = transcoder.transcode(bytes, 2, bytes.length - 2)
  if (result !== 0) return `fault ${DECODE_RESULTS[result]}`
  expect(transcoder.json().toString()).toBe(transcoder.text())
  return transcoder.text()
}

/** What JSON.stringify is given: avsc's value with the transcoder's rules. */
const plain = (schema: Schema, value: unknown): unknown => {
  if (isUnion(schema)) {
    if (value === null) return null
    const [name, inner] = Object.entries(value as object)[0]
    return plain(
      schema.find(
        branch => branch === name || (branch as { name?: string }).name === name || (branch as { type?: string }).type === name,
      ) ?? name,
      inner,
    )
  }
  const type = typeof schema === 'string' ? { type: schema } : (schema as Readonly<{ type: string; [key: string]: unknown }>)
  switch (type.type) {
    case 'bytes':
    case 'fixed':
      return (value as Buffer).toString('base64')
    case 'long':
      return String(type.logicalType).endsWith('timestamp-micros') ? Math.floor((value as number) / 1000) : value
    case 'array':
      return (value as unknown[]).map(item => plain(type.items as Schema, item))
    case 'map':
      return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, plain(type.values as Schema, item)]))
    case 'record':
      return Object.fromEntries(
        fieldsOf(type).map(field => [field.name, plain(field.type, (value as Record<string, unknown>)[field.name])]),
      )
    default:
      return value
  }
}

const blocks = fc.constantFrom<Blocks>('whole', 'single', 'sized')
const fields = fc
  .uniqueArray(fc.constantFrom('time', 'model', 'x', 'y', 'größe_', 'z'), { maxLength: 5 })
  .map(names => names.filter(name => /^[a-z]+$/.test(name)))
const anyRecord = fields.chain(names =>
  fc.tuple(...names.map(() => anyType)).map(types => named(recordOf(names.map((name, i) => ({ name, type: types[i] }))))),
)

describe('a record as JSON text', () => {
  test('is what JSON.stringify makes of what avsc decodes', () => {
    const anything = fc.oneof(
      anyRecord.chain(schema => fc.tuple(fc.constant(schema), valuesOf(schema), blocks)),
      predictionSchema.chain(schema => fc.tuple(fc.constant(schema), predictionValue(schema), blocks)),
    )
    fc.assert(
      fc.property(anything, ([schema, value, shape]) => {
        const payload = encode(schema, value, shape)
        const decoded = avro.Type.forSchema(schema as avro.Schema, { wrapUnions: 'always' }).fromBuffer(payload)
        const text = transcode(schema, payload)
        const hasTime = fieldsOf(schema).some(field => field.name === 'time')
        const named = (name: string): string => (name === 'timestamp' && !hasTime ? 'time' : name)
        const expected = Object.fromEntries(
          Object.entries(plain(schema, decoded) as object).map(([name, inner]) => [named(name), inner]),
        )
        const parsed = JSON.parse(text)
        expect(parsed).toEqual(JSON.parse(JSON.stringify(expected)))
        // No key twice, no white space, numbers and escapes as JavaScript writes them. (Objects sort keys that are integers.)
        expect(text.length).toBe(JSON.stringify(parsed).length)
      }),
      { numRuns: 150 },
    )
  })

  test('of broken bytes is a fault, and soon', () => {
    const broken = predictionSchema.chain(schema => fc.tuple(fc.constant(schema), predictionValue(schema), blocks))
    fc.assert(
      fc.property(broken, fc.nat(), fc.nat(255), ([schema, value, shape], at, byte) => {
        const transcoder = createTranscoder({ maxJsonBytes: 10_000 })
        transcoder.addSchema(7, JSON.stringify(schema))
        const whole = framed(7, encode(schema, value, shape))
        const changed = Buffer.from(whole)
        changed[at % changed.length] = byte
        const results = Array.from(whole, (_, length) => transcoder.transcode(whole, 0, length))
        expect(results.every(result => result !== 0)).toBe(true)
        const result = transcoder.transcode(changed, 0, changed.length)
        if (result === 0) JSON.parse(transcoder.text())
        expect(transcoder.fault()?.kind ?? 'ok').toBe(DECODE_RESULTS[result])
      }),
      { numRuns: 40 },
    )
  })

  test('has null where JSON has no number', () => {
    const schema = recordOf(['a', 'b', 'c', 'd'].map(name => ({ name, type: name === 'd' ? 'float' : 'double' })))
    const value = { a: Number.NaN, b: Number.POSITIVE_INFINITY, c: -0, d: Number.NEGATIVE_INFINITY }
    expect(transcode(named(schema), encode(schema, value))).toBe('{"a":null,"b":null,"c":0,"d":null}')
  })

  test('keeps every digit of a long', () => {
    const schema = recordOf([{ name: 'a', type: { type: 'array', items: 'long' } }])
    const values = [0n, -1n, 63n, -64n, 64n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n)]
    expect(transcode(named(schema), encode(schema, { a: values }))).toBe(`{"a":[${values.join(',')}]}`)
  })

  test('has times in milliseconds, under one name', () => {
    const micros: Schema = { type: 'long', logicalType: 'timestamp-micros' }
    const one = named(recordOf([{ name: 'timestamp', type: micros }]))
    expect(transcode(one, encode(one, { timestamp: -1 }))).toBe('{"time":-1}')
    const both = named(
      recordOf([
        { name: 'timestamp', type: 'string' },
        { name: 'time', type: ['null', micros] },
      ]),
    )
    expect(transcode(both, encode(both, { timestamp: 'x', time: { long: 5999 } }))).toBe('{"timestamp":"x","time":5}')
  })

  test('of a key that comes twice has the last value, at any depth', () => {
    const map: Schema = { type: 'map', values: ['double', { type: 'map', values: 'string' }] }
    const schema = named(recordOf([{ name: 'm', type: map }]))
    const twice = [
      ['k', { double: 1 }],
      [
        'l',
        {
          map: [
            ['a', 'x'],
            ['b', 'y'],
            ['a', 'z'],
          ],
        },
      ],
      ['k', { double: 2 }],
    ]
    expect(transcode(schema, encode(schema, { m: twice }))).toBe('{"m":{"k":2,"l":{"a":"z","b":"y"}}}')
    const flat = named(recordOf([{ name: 'm', type: { type: 'map', values: 'long' } }]))
    expect(
      transcode(
        flat,
        encode(flat, {
          m: [
            ['', 1],
            ['"', 2],
            ['', 3],
          ],
        }),
      ),
    ).toBe('{"m":{"":3,"\\"":2}}')
  })

  test('writes maps of which more keys come by than it remembers', () => {
    const schema = named(recordOf([{ name: 'm', type: { type: 'map', values: 'long' } }]))
    const transcoder = createTranscoder()
    transcoder.addSchema(1, JSON.stringify(schema))
    for (let i = 0; i < 3; i++) {
      const m = Object.fromEntries(Array.from({ length: 1500 }, (_, k) => [`k${i}-${k}`, k]))
      const value = framed(1, encode(schema, { m }))
      expect(transcoder.transcode(value, 0, value.length)).toBe(0)
      expect(transcoder.text()).toBe(JSON.stringify({ m }))
    }
  })

  test('is not endless, however little the record took', () => {
    const schema = named(recordOf([{ name: 'a', type: { type: 'array', items: 'null' } }]))
    expect(transcode(schema, Buffer.concat([long(2n ** 50n), long(0)]), { maxJsonBytes: 1000 })).toBe('fault record-too-large')
    // Each level holds the one below twice: no bytes, and 2^60 objects.
    const levels = { type: 'record', name: 'Root', fields: [{ name: 'x', type: inner(60) }] }
    expect(transcode(levels, Buffer.alloc(0), { maxJsonBytes: 1000 })).toMatch(/^fault (record-too-large|too-deep)$/)
  })

  test('of nested maps does not start anew at every level', () => {
    const tree: Schema = { type: 'record', name: 'Tree', fields: [{ name: 'm', type: { type: 'map', values: 'Tree' } }] }
    let payload = long(0)
    for (let depth = 0; depth < 40; depth++)
      payload = Buffer.concat([long(2), Buffer.from([2, 97]), payload, Buffer.from([2, 97]), long(0), long(0)])
    expect(transcode(tree, payload)).toBe('{"m":{"a":{"m":{}}}}')
  })

  test.each([
    [Buffer.alloc(0), 'not-avro'],
    [Buffer.from([1, 0, 0, 0, 1, 0]), 'not-avro'],
    [Buffer.from([0, 0, 0, 0, 9, 0]), 'unknown-schema'],
    [Buffer.from([0, 0, 0, 0, 2, 0]), 'bad-schema'],
    [Buffer.from([0, 0, 0, 0, 1, 0]), 'trailing-bytes'],
  ])('%s is %s', (value, expected) => {
    const transcoder = createTranscoder()
    transcoder.addSchema(1, JSON.stringify(named(recordOf([]))))
    expect(transcoder.addSchema(2, '{"type":"nonsense"}')?.reason).toBe('schema 2 cannot be read: type "nonsense" is not defined')
    expect(DECODE_RESULTS[transcoder.transcode(value, 0, value.length)]).toBe(expected)
  })
})

/** A record of two fields of the record below, which takes no bytes: defined where it is first met, named where it comes again. */
const inner = (level: number): Schema =>
  level === 0
    ? { type: 'record', name: 'L0', fields: [] }
    : {
        type: 'record',
        name: `L${level}`,
        fields: [
          { name: 'a', type: inner(level - 1) },
          { name: 'b', type: `L${level - 1}` },
        ],
      }

describe('a JSON buffer', () => {
  test('writes any text as JSON.stringify does', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary-ascii' }), fc.constant('\u2028\u2029\u007f')),
        text => {
          const out = new JsonBuffer()
          const bytes = Buffer.from(text)
          out.text(bytes, 0, bytes.length)
          expect(out.bytes.toString('utf8', 0, out.length)).toBe(JSON.stringify(text))
        },
      ),
    )
  })

  test('writes bytes that are not UTF-8 as U+FFFD', () => {
    const out = new JsonBuffer()
    out.text(Buffer.from([0x61, 0xff, 0x62]), 0, 3)
    expect(out.bytes.toString('utf8', 0, out.length)).toBe('"a\uFFFDb"')
  })
})
