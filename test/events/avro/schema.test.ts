import avro from 'avsc'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type AvroType, parseSchema, SchemaError } from '../../../src/events/avro/schema.ts'
import { anyType, named } from './schemas.ts'

const reason = (schema: unknown): string => {
  try {
    parseSchema(typeof schema === 'string' ? schema : JSON.stringify(schema))
    return 'none'
  } catch (error) {
    if (error instanceof SchemaError) return error.message
    throw error
  }
}
const record = (name: string, ...fields: readonly unknown[]) => ({
  type: 'record',
  name,
  fields: fields.map((type, i) => ({ name: `f${i}`, type })),
})

describe('a writer schema', () => {
  test('that avsc takes is taken, with the same kinds', () => {
    fc.assert(
      fc.property(anyType, drawn => {
        const schema = named(drawn)
        const type = parseSchema(JSON.stringify(schema))
        const kind = type.kind === 'union' ? 'union:wrapped' : type.kind
        expect(avro.Type.forSchema(schema as avro.Schema, { wrapUnions: 'always' }).typeName).toBe(kind)
      }),
    )
  })

  test('may name a type that came before, within its namespace or by its full name', () => {
    const type = parseSchema(
      JSON.stringify({
        type: 'record',
        name: 'P',
        namespace: 'a.b',
        fields: [
          { name: 'one', type: { type: 'enum', name: 'E', symbols: ['x'] } },
          { name: 'two', type: 'E' },
          { name: 'three', type: 'a.b.E' },
          { name: 'four', type: { type: 'fixed', name: 'c.F', size: 2 } },
          { name: 'five', type: ['null', 'c.F'] },
          { name: 'six', type: { type: 'E' } },
        ],
      }),
    )
    const kinds = (type.kind === 'record' ? type.fields : []).map(field => field.type.kind)
    expect(kinds).toEqual(['enum', 'enum', 'enum', 'fixed', 'union', 'enum'])
  })

  test('may be recursive through a union, an array or a map', () => {
    for (const link of [['null', 'T'], { type: 'array', items: 'T' }, { type: 'map', values: 'T' }]) {
      const type: AvroType = parseSchema(JSON.stringify(record('T', link)))
      expect(type.kind).toBe('record')
    }
    const mutual = record('A', ['null', record('B', 'A')])
    expect(reason(mutual)).toBe('none')
  })

  test('knows the schemas that it refers to', () => {
    const references = [{ type: 'enum', name: 'x.E', symbols: ['a'] }, record('x.R', 'x.E')]
    expect(reason({ references, type: record('P', 'x.R', 'x.E') })).toBe('none')
    expect(reason(record('P', 'x.R'))).toBe('type "x.R" is not defined')
  })

  test.each<[unknown, string]>([
    ['{', 'it is not JSON'],
    ['3', '3 is not a type'],
    ['null', 'null is not a type'],
    [{ type: 'strin' }, 'type "strin" is not defined'],
    [{ name: 'x' }, 'a type lacks "type"'],
    [[], 'a union has no branches'],
    [['null', ['int', 'string']], 'a union holds a union'],
    [{ type: 'record', name: 'P' }, 'record "P" has no "fields"'],
    [{ type: 'record', fields: [] }, 'a record has no name'],
    [{ type: 'record', name: 'P', fields: [{ name: 'a' }] }, 'record P has a field without name or type'],
    [{ type: 'record', name: 'P', fields: [null] }, 'record P has a field without name or type'],
    [
      {
        type: 'record',
        name: 'P',
        fields: [
          { name: 'a', type: 'int' },
          { name: 'a', type: 'int' },
        ],
      },
      'record P has two fields "a"',
    ],
    [{ type: 'enum', name: 'E', symbols: [] }, 'enum "E" has no list of symbols'],
    [{ type: 'fixed', name: 'F', size: -1 }, 'fixed "F" has size -1'],
    [{ type: 'array' }, 'undefined is not a type'],
    [record('P', { type: 'enum', name: 'P', symbols: ['a'] }), 'type "P" is defined twice'],
    [record('P', 'P'), 'record P holds itself'],
    [record('P', record('Q', 'P')), 'record P holds itself'],
  ])('%j is refused: %s', (schema, expected) => {
    expect(reason(schema)).toContain(expected)
  })

  test('nested without end is refused before it can exhaust the stack', () => {
    const nested = (start: string, end: string): string => `${start.repeat(50_000)}"int"${end.repeat(50_000)}`
    expect(reason(nested('{"type":"array","items":', '}'))).toBe('it is nested more than 100 deep')
    expect(reason(nested('[', ']'))).toBe('it is nested more than 100 deep')
    expect(reason(nested('{"x":', '}'))).toBe('a type lacks "type": nested too deep to be shown')
  })
})
