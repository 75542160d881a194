import type { Cursor } from './cursor.ts'
import { Code } from './faults.ts'
import { Op } from './types.ts'

/** A recursive schema lets a value nest as deep as its bytes reach; this bounds the stack. */
const MAX_DEPTH = 100
/** Place 0 of every table: a null. */
const NOTHING = 0

/** Steps over a value of the type at `place`. */
export const skip = (cursor: Cursor, code: Int32Array, place: number, depth = 0): void => {
  switch (code[place]) {
    case Op.double:
      cursor.advance(8)
      return
    case Op.text:
    case Op.bytes:
      cursor.text()
      return
    case Op.int:
    case Op.enum:
      cursor.long()
      return
    case Op.null:
      return
    case Op.boolean:
      cursor.advance(1)
      return
    case Op.float:
      cursor.advance(4)
      return
    case Op.fixed:
      cursor.advance(code[place + 1])
      return
  }
  if (depth > MAX_DEPTH) {
    cursor.fail(Code.tooDeep)
    return
  }
  switch (code[place]) {
    case Op.union:
      skip(cursor, code, branch(cursor, code, place), depth + 1)
      return
    case Op.record: {
      const fields = code[place + 1]
      for (let i = 0; i < fields && cursor.fault === Code.ok; i++) skip(cursor, code, code[place + 2 + i], depth + 1)
      return
    }
    case Op.array:
    case Op.map:
      skipBlocks(cursor, code, place, depth + 1)
      return
  }
}

/** The place of the branch that a union's index chooses; after a fault some place, to be walked over the empty rest. */
export const branch = (cursor: Cursor, code: Int32Array, place: number): number => {
  const index = cursor.long()
  if (index >= 0 && index < code[place + 1]) return code[place + 2 + index]
  cursor.fail(Code.badUnionIndex)
  return NOTHING
}

const skipBlocks = (cursor: Cursor, code: Int32Array, place: number, depth: number): void => {
  const entry = code[place + 1]
  const least = code[place + 2]
  const exact = code[place + 3]
  const keyed = code[place] === Op.map
  while (cursor.fault === Code.ok) {
    const count = cursor.long()
    if (count === 0) return
    if (count < 0) {
      // The block says its bytes, so that readers may step over it at once.
      cursor.text()
    } else if (exact >= 0) {
      cursor.advance(count * exact)
    } else if (count * least > cursor.end - cursor.pos) {
      cursor.fail(Code.truncated)
    } else {
      for (let i = 0; i < count && cursor.fault === Code.ok; i++) {
        if (keyed) cursor.text()
        skip(cursor, code, entry, depth)
      }
    }
  }
}
