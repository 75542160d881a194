import { type ValueColumn, ValueKind } from '../columns.ts'
import type { TextInterner } from '../interner.ts'
import type { Cursor } from './cursor.ts'
import { Code } from './faults.ts'
import type { KnownKeys } from './known-keys.ts'
import { branch, skip } from './skip.ts'
import { Op, type TypeTable } from './types.ts'

/** What readers of texts give for null; codes of texts are 0 or more. */
export const NO_TEXT = -1
/** What `readKnown` gives for a text that is none of the known ones. */
export const UNKNOWN_TEXT = -2

/** A text as its code. */
export const readText = (cursor: Cursor, types: TypeTable, place: number, texts: TextInterner): number => {
  const code = types.code
  const at = code[place] === Op.union ? branch(cursor, code, place) : place
  if (code[at] === Op.text) {
    const end = cursor.length() + cursor.pos
    const start = cursor.pos
    cursor.pos = end
    return texts.intern(cursor.bytes, start, end)
  }
  if (code[at] === Op.enum) {
    const symbol = readSymbol(cursor, code, at)
    return texts.intern(types.symbolBytes, types.symbolStarts[symbol], types.symbolStarts[symbol + 1])
  }
  if (code[at] !== Op.null) cursor.fail(Code.wrongType)
  return NO_TEXT
}

/** A text as its position among known names: for texts of which nobody else needs a code. */
export const readKnown = (cursor: Cursor, types: TypeTable, place: number, names: KnownKeys): number => {
  const code = types.code
  const at = code[place] === Op.union ? branch(cursor, code, place) : place
  let column = -1
  if (code[at] === Op.text) {
    const end = cursor.length() + cursor.pos
    column = names.columnOf(cursor.bytes, cursor.pos, end)
    cursor.pos = end
  } else if (code[at] === Op.enum) {
    const symbol = readSymbol(cursor, code, at)
    column = names.columnOf(types.symbolBytes, types.symbolStarts[symbol], types.symbolStarts[symbol + 1])
  } else {
    if (code[at] !== Op.null) cursor.fail(Code.wrongType)
    return NO_TEXT
  }
  return column < 0 ? UNKNOWN_TEXT : column
}

/** After a fault the first symbol. */
const readSymbol = (cursor: Cursor, code: Int32Array, place: number): number => {
  const index = cursor.long()
  if (index >= 0 && index < code[place + 1]) return code[place + 2] + index
  return code[place + 2] + cursor.fail(Code.badUnionIndex)
}

/** A number; NaN for null. */
export const readNumber = (cursor: Cursor, code: Int32Array, place: number): number => {
  const at = code[place] === Op.union ? branch(cursor, code, place) : place
  switch (code[at]) {
    case Op.double:
      return cursor.double()
    case Op.int:
      return cursor.long()
    case Op.float:
      return cursor.float()
    case Op.null:
      return Number.NaN
    default:
      cursor.fail(Code.wrongType)
      return Number.NaN
  }
}

/** 0 for null and false, and for an empty text or a zero that is not in a union; else 1. */
export const readFlag = (cursor: Cursor, code: Int32Array, place: number): number => {
  if (code[place] === Op.union) {
    const at = branch(cursor, code, place)
    if (code[at] === Op.null) return 0
    if (code[at] === Op.boolean) return cursor.boolean()
    skip(cursor, code, at)
    return 1
  }
  switch (code[place]) {
    case Op.null:
      return 0
    case Op.boolean:
      return cursor.boolean()
    case Op.int:
      return cursor.long() === 0 ? 0 : 1
    case Op.text: {
      const length = cursor.length()
      cursor.pos += length
      return length === 0 ? 0 : 1
    }
    default:
      skip(cursor, code, place)
      return 1
  }
}

/** A value of any kind into `column`. A type that no column can hold (a record, a map, bytes, ...) leaves it absent. */
export const readValue = (
  cursor: Cursor,
  types: TypeTable,
  place: number,
  column: ValueColumn,
  row: number,
  texts: TextInterner,
): void => {
  const code = types.code
  const at = code[place] === Op.union ? branch(cursor, code, place) : place
  switch (code[at]) {
    case Op.double:
      column.numbers[row] = cursor.double()
      column.kinds[row] = ValueKind.number
      return
    case Op.null:
      column.kinds[row] = ValueKind.null
      return
    case Op.text:
    case Op.enum:
      column.texts[row] = readText(cursor, types, at, texts)
      column.kinds[row] = ValueKind.text
      return
    case Op.int:
      column.numbers[row] = cursor.long()
      column.kinds[row] = ValueKind.number
      return
    case Op.float:
      column.numbers[row] = cursor.float()
      column.kinds[row] = ValueKind.number
      return
    case Op.boolean:
      column.numbers[row] = cursor.boolean()
      column.kinds[row] = ValueKind.boolean
      return
    default:
      column.kinds[row] = isVector(code, at) ? ValueKind.vector : ValueKind.absent
      skip(cursor, code, at)
  }
}

const isVector = (code: Int32Array, place: number): boolean => {
  if (code[place] !== Op.array) return false
  const entry = code[code[place + 1]]
  return entry === Op.double || entry === Op.float || entry === Op.int
}
