import fc from 'fast-check'

/** Writer schemas and values as fast-check draws them: unions are wrapped as avsc's `wrapUnions: 'always'` has them. */
export type Schema = string | readonly Schema[] | { readonly type: string; readonly [key: string]: unknown }
export type Field = Readonly<{ name: string; type: Schema }>
type Named = Extract<Schema, { readonly type: string }>

const LEAVES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const
const fieldNames = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'model', 'time', 'features'), { maxLength: 4 })

const leaf: fc.Arbitrary<Schema> = fc.oneof(
  fc.constantFrom<Schema>(...LEAVES),
  fc.integer({ min: 1, max: 5 }).map(size => ({ type: 'fixed', name: '?', size })),
  fc.integer({ min: 1, max: 3 }).map(n => ({ type: 'enum', name: '?', symbols: ['A', 'B', 'C'].slice(0, n) })),
  fc.constantFrom<Schema>(
    { type: 'long', logicalType: 'timestamp-millis' },
    { type: 'int', logicalType: 'date' },
    { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 },
    { type: 'string', logicalType: 'uuid' },
  ),
)

const kindOf = (schema: Schema): string =>
  typeof schema === 'string' ? schema : Array.isArray(schema) ? 'union' : (schema as Named).type

/** Any type. Names are '?' until `named` gives them out. */
export const anyType: fc.Arbitrary<Schema> = fc.letrec<{ type: Schema; notUnion: Schema }>(tie => ({
  type: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('notUnion'),
    fc.uniqueArray(tie('notUnion'), { minLength: 1, maxLength: 4, selector: kindOf }),
  ),
  notUnion: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    tie('type').map(items => ({ type: 'array', items })),
    tie('type').map(values => ({ type: 'map', values })),
    fieldNames.chain(names =>
      fc.tuple(...names.map(() => tie('type'))).map(types => ({
        type: 'record',
        name: '?',
        fields: names.map((name, i) => ({ name, type: types[i] })),
      })),
    ),
  ),
})).type

export const recordOf = (fields: readonly Field[]): Schema => ({ type: 'record', name: '?', fields })

/** The schema with a name of its own for every named type. */
export const named = (schema: Schema): Schema => {
  let count = 0
  const visit = (type: Schema): Schema => {
    if (typeof type === 'string') return type
    if (isUnion(type)) return type.map(visit)
    const name = type.name === '?' ? { name: `N${count++}` } : {}
    if (type.type === 'array') return { ...type, items: visit(type.items as Schema) }
    if (type.type === 'map') return { ...type, values: visit(type.values as Schema) }
    if (type.type !== 'record') return { ...type, ...name }
    return { ...type, ...name, fields: fieldsOf(type).map(field => ({ ...field, type: visit(field.type) })) }
  }
  return visit(schema)
}

export const isUnion = (schema: Schema): schema is readonly Schema[] => Array.isArray(schema)
export const fieldsOf = (schema: Schema): readonly Field[] => (schema as Named).fields as readonly Field[]

/** What avsc calls a branch in a wrapped value. */
export const branchName = (schema: Schema): string =>
  typeof schema === 'string' ? schema : String((schema as Named).name ?? (schema as Named).type)

/** avsc reads longs beyond 2^52 wrongly (the zigzag form is beyond 2^53). */
const safeLong = fc.oneof(fc.integer(), fc.integer({ min: -(2 ** 52) + 1, max: 2 ** 52 - 1 }))
const float = fc.float()
const smallText = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom('none', 'web', 'de', ''),
  fc.string({ unit: 'binary', maxLength: 4 }),
)

/** Values of a named schema. `special` draws the values of a type instead, where it gives an arbitrary. */
export const valuesOf = (
  schema: Schema,
  special: (schema: Schema) => fc.Arbitrary<unknown> | null = () => null,
): fc.Arbitrary<unknown> => {
  const own = special(schema)
  if (own !== null) return own
  if (isUnion(schema)) {
    const branches = schema.map(branch =>
      branch === 'null' ? fc.constant(null) : valuesOf(branch, special).map(value => ({ [branchName(branch)]: value })),
    )
    return fc.oneof(...branches)
  }
  const type = typeof schema === 'string' ? { type: schema } : (schema as Named)
  switch (type.type) {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'int':
      return fc.integer()
    case 'long':
      return safeLong
    case 'float':
      return float
    case 'double':
      return fc.double()
    case 'bytes':
      return fc.uint8Array({ maxLength: 6 }).map(bytes => Buffer.from(bytes))
    case 'string':
      return smallText
    case 'fixed':
      return fc.uint8Array({ minLength: Number(type.size), maxLength: Number(type.size) }).map(bytes => Buffer.from(bytes))
    case 'enum':
      return fc.constantFrom(...(type.symbols as string[]))
    case 'array':
      return fc.array(valuesOf(type.items as Schema, special), { maxLength: 3 })
    case 'map':
      return fc.dictionary(
        smallText.filter(key => key !== '__proto__'),
        valuesOf(type.values as Schema, special),
        { maxKeys: 3 },
      )
    case 'record':
      return fc.record(Object.fromEntries(fieldsOf(type).map(field => [field.name, valuesOf(field.type, special)])))
    default:
      throw new Error(`no values of ${type.type}`)
  }
}
