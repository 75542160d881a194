import { type EventColumns, ValueKind } from '../columns.ts'
import type { Cursor } from './cursor.ts'
import { Code } from './faults.ts'
import { KnownKeys } from './known-keys.ts'
import { branch, skip } from './skip.ts'
import { Op, type TypeTable } from './types.ts'
import { NO_TEXT, readKnown, readText, readValue, UNKNOWN_TEXT } from './values.ts'

/** Features, from a map or from a record of named fields. Of a key that comes twice the last value counts. */
export const readFeatures = (
  cursor: Cursor,
  types: TypeTable,
  place: number,
  columns: EventColumns,
  row: number,
  keys: KnownKeys,
  maxEntries: number,
): void => {
  const code = types.code
  const at = code[place] === Op.union ? branch(cursor, code, place) : place
  if (code[at] === Op.featureRecord) readFeatureRecord(cursor, types, at, columns, row)
  else if (code[at] === Op.featureMap) readFeatureMap(cursor, types, at, columns, row, keys, maxEntries)
  else if (code[at] !== Op.null) cursor.fail(Code.wrongType)
}

const readFeatureMap = (
  cursor: Cursor,
  types: TypeTable,
  map: number,
  columns: EventColumns,
  row: number,
  keys: KnownKeys,
  maxEntries: number,
): void => {
  const code = types.code
  const valuePlace = code[map + 1]
  const least = code[map + 2]
  const doubleTag = code[map + 3]
  const { features, featureValues, texts } = columns
  const { kinds, numbers, stride } = featureValues
  const { bytes, view, end } = cursor
  let entries = 0
  let key = 0
  for (let count = cursor.block(least); count > 0; count = cursor.block(least)) {
    entries += count
    if (entries > maxEntries) {
      cursor.fail(Code.mapTooLarge)
      return
    }
    for (let i = 0; i < count && cursor.fault === Code.ok; i++) {
      const start = cursor.pos
      let next = keys.expected(key)
      if (keys.isAt(next, view, start, end)) {
        const valueAt = start + keys.size(next)
        const column = keys.column(next)
        key = next
        if (valueAt + 9 <= end && bytes[valueAt] === doubleTag && column >= 0) {
          numbers[column * stride + row] = view.getFloat64(valueAt + 1, true)
          kinds[column * stride + row] = ValueKind.number
          cursor.pos = valueAt + 9
          continue
        }
        cursor.pos = valueAt
      } else {
        const keyEnd = cursor.length() + cursor.pos
        next = keys.learn(key, bytes, cursor.pos, keyEnd)
        if (next > 0) key = next
        cursor.pos = keyEnd
      }
      const column = keys.column(next)
      if (column < 0) skip(cursor, code, valuePlace)
      else readValue(cursor, types, valuePlace, features[column], row, texts)
    }
  }
}

const readFeatureRecord = (cursor: Cursor, types: TypeTable, place: number, columns: EventColumns, row: number): void => {
  const { features, texts } = columns
  const code = types.code
  const last = place + 2 + 3 * code[place + 1]
  for (let at = place + 2; at < last && cursor.fault === Code.ok; at += 3) {
    const column = code[at]
    const doubles = code[at + 2]
    if (doubles > 0 && cursor.pos + 8 * doubles <= cursor.end) {
      readDoubles(cursor, code, at, doubles, columns, row)
      at += 3 * (doubles - 1)
    } else if (column < 0) {
      skip(cursor, code, code[at + 1])
    } else {
      readValue(cursor, types, code[at + 1], features[column], row, texts)
    }
  }
}

/** A run of fields that are doubles, all of them inside the value: one check for all. */
const readDoubles = (
  cursor: Cursor,
  code: Int32Array,
  place: number,
  count: number,
  columns: EventColumns,
  row: number,
): void => {
  const { kinds, numbers, stride } = columns.featureValues
  const view = cursor.view
  let pos = cursor.pos
  const last = place + 3 * count
  for (let at = place; at < last; at += 3, pos += 8) {
    const column = code[at]
    if (column < 0) continue
    numbers[column * stride + row] = view.getFloat64(pos, true)
    kinds[column * stride + row] = ValueKind.number
  }
  cursor.pos = pos
}

export const readSegments = (
  cursor: Cursor,
  types: TypeTable,
  place: number,
  columns: EventColumns,
  row: number,
  keys: KnownKeys,
): void => {
  const code = types.code
  const at = code[place] === Op.union ? branch(cursor, code, place) : place
  if (code[at] === Op.null) return
  if (code[at] !== Op.map) {
    cursor.fail(Code.wrongType)
    return
  }
  const valuePlace = code[at + 1]
  const least = code[at + 2]
  let key = 0
  for (let count = cursor.block(least); count > 0; count = cursor.block(least)) {
    for (let i = 0; i < count && cursor.fault === Code.ok; i++) {
      const keyEnd = cursor.length() + cursor.pos
      const next = keys.learn(key, cursor.bytes, cursor.pos, keyEnd)
      if (next > 0) key = next
      cursor.pos = keyEnd
      const column = keys.column(next)
      if (column < 0) skip(cursor, code, valuePlace)
      else columns.segments[column][row] = readText(cursor, types, valuePlace, columns.texts)
    }
  }
}

/** Which business rules changed the answer: those with an effect other than `none`. */
export const readRuleEffects = (
  cursor: Cursor,
  types: TypeTable,
  place: number,
  columns: EventColumns,
  row: number,
  rules: KnownKeys,
): void => {
  const code = types.code
  const at = code[place] === Op.union ? branch(cursor, code, place) : place
  if (code[at] === Op.null) return
  if (code[at] !== Op.ruleEffects) {
    cursor.fail(Code.wrongType)
    return
  }
  const entry = code[at + 1]
  const least = code[at + 2]
  for (let count = cursor.block(least); count > 0; count = cursor.block(least)) {
    for (let i = 0; i < count && cursor.fault === Code.ok; i++) {
      let rule: number = NO_TEXT
      let effect: number = NO_TEXT
      const fields = code[entry + 1]
      for (let field = 0; field < fields; field++) {
        const fieldPlace = code[entry + 2 + field]
        if (field === code[at + 3]) rule = readKnown(cursor, types, fieldPlace, rules)
        else if (field === code[at + 4]) effect = readKnown(cursor, types, fieldPlace, EFFECTS)
        else skip(cursor, code, fieldPlace)
      }
      if (rule >= 0 && effect === UNKNOWN_TEXT) columns.ruleChanges[rule][row] = 1
    }
  }
}

/** The only effect with a meaning of its own; no effect at all (null) is not a change either. */
const EFFECTS = new KnownKeys(['none'])
