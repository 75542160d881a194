import type { AvroRecord, AvroType } from './schema.ts'

/**
 * A writer schema as a flat table that the readers walk: at a type's place its `Op`, then what the op needs.
 *
 * Place 0 holds a null: where a reader goes after a fault. Records of one exact size are kept as `fixed`.
 *
 * null boolean int float double text bytes     nothing (an int is a long on the wire, and bytes have a text's form)
 * fixed          size
 * enum           symbols, place of the first in `symbolStarts`
 * array, map     place of the entry, least bytes of an entry, exact bytes of an entry or -1
 * record         fields, then the place of each
 * union          branches, then the place of each
 * featureRecord  fields, then per field: column or -1, place, length of the run of doubles that begins here
 * featureMap     place of the value, least bytes of an entry, the byte that a double begins with in its union (negative: none)
 * ruleEffects    place of the entry, least bytes of an entry, positions of the fields `rule` and `effect` (an array of records)
 */
export type TypeTable = Readonly<{
  code: Int32Array
  /** UTF-8 of all enums' symbols: symbol k is symbolBytes[symbolStarts[k], symbolStarts[k + 1]). */
  symbolBytes: Uint8Array
  symbolStarts: Int32Array
}>

export const Op = {
  double: 0,
  union: 1,
  null: 2,
  text: 3,
  int: 4,
  boolean: 5,
  float: 6,
  bytes: 7,
  fixed: 8,
  enum: 9,
  array: 10,
  map: 11,
  record: 12,
  featureRecord: 13,
  featureMap: 14,
  ruleEffects: 15,
} as const

/** More than any value can have; sizes in a schema stop here, so that sums of them stay exact and fit the table. */
const MOST_BYTES = 0x7fffffff

export class TypeTableBuilder {
  private readonly code: number[] = [Op.null]
  private readonly places = new Map<AvroType, number>()
  private readonly recordSizes = new Map<AvroRecord, Sizes>()
  private readonly symbols: Buffer[] = []

  build(): TypeTable {
    const starts = new Int32Array(this.symbols.length + 1)
    this.symbols.forEach((symbol, i) => {
      starts[i + 1] = starts[i] + symbol.length
    })
    return { code: Int32Array.from(this.code), symbolBytes: Buffer.concat(this.symbols), symbolStarts: starts }
  }

  /** The place of a type; a type that was added before, or is being added (a recursive record), keeps its place. */
  add(type: AvroType): number {
    const known = this.places.get(type)
    if (known !== undefined) return known
    const place = this.code.length
    this.places.set(type, place)
    switch (type.kind) {
      case 'null':
      case 'boolean':
      case 'float':
      case 'double':
      case 'bytes':
        this.code.push(Op[type.kind])
        break
      case 'int':
      case 'long':
        this.code.push(Op.int)
        break
      case 'string':
        this.code.push(Op.text)
        break
      case 'fixed':
        this.code.push(Op.fixed, Math.min(type.size, MOST_BYTES))
        break
      case 'enum':
        this.code.push(Op.enum, type.symbols.length, this.symbols.length)
        this.symbols.push(...type.symbols.map(symbol => Buffer.from(symbol)))
        break
      case 'array':
        this.addEntries(Op.array, type.items, this.sizes(type.items).least, this.sizes(type.items).exact)
        break
      case 'map':
        this.addEntries(Op.map, type.values, 1 + this.sizes(type.values).least, -1)
        break
      case 'record':
        if (this.sizes(type).exact >= 0) this.code.push(Op.fixed, this.sizes(type).exact)
        else
          this.addAll(
            Op.record,
            type.fields.map(field => field.type),
          )
        break
      case 'union':
        this.addAll(Op.union, type.branches)
        break
    }
    return place
  }

  /** `type` with its records read as features: `columnOf` says which column a field fills, -1 for none. */
  addFeatures(type: AvroType, columnOf: (field: string) => number): number {
    if (type.kind === 'union') return this.addUnion(type.branches.map(branch => this.addFeatures(branch, columnOf)))
    if (type.kind === 'map') return this.addFeatureMap(type.values)
    if (type.kind !== 'record') return this.add(type)
    const { fields } = type
    const runs = fields.map(() => 0)
    for (let i = fields.length - 1, run = 0; i >= 0; i--) {
      run = fields[i].type.kind === 'double' ? run + 1 : 0
      runs[i] = run
    }
    const entries = fields.flatMap((field, i) => [columnOf(field.name), this.add(field.type), runs[i]])
    const place = this.code.length
    this.code.push(Op.featureRecord, fields.length, ...entries)
    return place
  }

  private addFeatureMap(values: AvroType): number {
    const value = this.add(values)
    const double = values.kind === 'union' ? values.branches.findIndex(branch => branch.kind === 'double') : -1
    const place = this.code.length
    // A union's index takes one byte up to 63; no byte is -1.
    this.code.push(Op.featureMap, value, 1 + this.sizes(values).least, double > 63 ? -1 : 2 * double)
    return place
  }

  /** `type` with its arrays of records read as the effects of business rules. */
  addRuleEffects(type: AvroType, positionsOf: (record: AvroRecord) => readonly [rule: number, effect: number]): number {
    if (type.kind === 'union') return this.addUnion(type.branches.map(branch => this.addRuleEffects(branch, positionsOf)))
    if (type.kind !== 'array' || type.items.kind !== 'record') return this.add(type)
    const entry = this.add(type.items)
    const place = this.code.length
    this.code.push(Op.ruleEffects, entry, this.sizes(type.items).least, ...positionsOf(type.items))
    return place
  }

  private addUnion(branches: readonly number[]): number {
    const place = this.code.length
    this.code.push(Op.union, branches.length, ...branches)
    return place
  }

  private addAll(op: number, types: readonly AvroType[]): void {
    const place = this.code.length
    this.code.push(op, types.length, ...types.map(() => 0))
    types.forEach((type, i) => {
      this.code[place + 2 + i] = this.add(type)
    })
  }

  private addEntries(op: number, entry: AvroType, least: number, exact: number): void {
    const place = this.code.length
    this.code.push(op, 0, Math.min(least, MOST_BYTES), exact)
    this.code[place + 1] = this.add(entry)
  }

  /** Kept per record: they may share records so often that a walk of all paths would not end. */
  private sizes(type: AvroType): Sizes {
    if (type.kind !== 'record') return type.kind === 'fixed' ? exactly(type.size) : SIZES[type.kind]
    const known = this.recordSizes.get(type)
    if (known !== undefined) return known
    const fields = type.fields.map(field => this.sizes(field.type))
    const least = fields.reduce((sum, field) => Math.min(MOST_BYTES, sum + field.least), 0)
    const sizes = { exact: fields.some(field => field.exact < 0) ? -1 : least, least }
    this.recordSizes.set(type, sizes)
    return sizes
  }
}

/** `exact` is -1 where values differ in size. */
type Sizes = Readonly<{ exact: number; least: number }>

const exactly = (size: number): Sizes => ({ exact: Math.min(size, MOST_BYTES), least: Math.min(size, MOST_BYTES) })
const VARIES: Sizes = { exact: -1, least: 1 }
const SIZES = {
  null: exactly(0),
  boolean: exactly(1),
  float: exactly(4),
  double: exactly(8),
  int: VARIES,
  long: VARIES,
  string: VARIES,
  bytes: VARIES,
  enum: VARIES,
  array: VARIES,
  map: VARIES,
  union: VARIES,
} as const satisfies Record<Exclude<AvroType['kind'], 'record' | 'fixed'>, Sizes>
