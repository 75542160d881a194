import type { JsonBuffer } from '../json-buffer.ts'
import type { Cursor } from './cursor.ts'
import { Code } from './faults.ts'
import { type JsonNode, JsonOp, type JsonPlan, type MapNode } from './json-node.ts'
import { skip } from './skip.ts'

const MAX_DEPTH = 100
const COMMA = 0x2c
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const COLON = 0x3a

/** Reads values at a cursor and writes them as JSON. After a fault it comes back soon; what it wrote is worth nothing then. */
export class JsonWriter {
  private readonly cursor: Cursor
  private readonly out: JsonBuffer
  private readonly maxBytes: number
  private code: Int32Array = new Int32Array(0)

  constructor(cursor: Cursor, out: JsonBuffer, maxBytes: number) {
    this.cursor = cursor
    this.out = out
    this.maxBytes = maxBytes
  }

  writeRoot({ root, code }: JsonPlan): void {
    this.code = code
    this.write(root, 0)
  }

  private write(node: JsonNode, depth: number): void {
    const { cursor, out } = this
    switch (node.op) {
      case JsonOp.null:
        out.ascii('null')
        return
      case JsonOp.boolean:
        out.ascii(cursor.boolean() === 1 ? 'true' : 'false')
        return
      case JsonOp.int:
        this.writeLong()
        return
      case JsonOp.micros:
        out.number(Math.floor(cursor.long() / 1000))
        return
      case JsonOp.float:
        out.number(cursor.float())
        return
      case JsonOp.double:
        out.number(cursor.double())
        return
      case JsonOp.text: {
        const end = cursor.length() + cursor.pos
        out.text(cursor.bytes as Buffer, cursor.pos, end) // the transcoder takes Buffers only
        cursor.pos = end
        return
      }
      case JsonOp.bytes:
        this.writeBase64(cursor.length())
        return
      case JsonOp.fixed:
        this.writeBase64(node.size)
        return
      case JsonOp.enum: {
        const symbol = cursor.long()
        if (symbol >= 0 && symbol < node.texts.length) out.raw(node.texts[symbol])
        else cursor.fail(Code.badUnionIndex)
        return
      }
    }
    if (depth > MAX_DEPTH) cursor.fail(Code.tooDeep)
    else if (out.length > this.maxBytes) cursor.fail(Code.recordTooLarge)
    else this.writeNested(node, depth + 1)
  }

  private writeNested(node: JsonNode, depth: number): void {
    const { cursor } = this
    switch (node.op) {
      case JsonOp.union: {
        const index = cursor.long()
        if (index >= 0 && index < node.nodes.length) this.write(node.nodes[index], depth)
        else cursor.fail(Code.badUnionIndex)
        return
      }
      case JsonOp.record:
        this.writeRecord(node, depth)
        return
      case JsonOp.array:
        this.writeArray(node.nodes[0], depth)
        return
      case JsonOp.map:
        if (node.map !== null) this.writeMap(node.map, node.nodes[0], depth)
    }
  }

  private writeRecord(node: JsonNode, depth: number): void {
    const { texts, nodes } = node
    const { cursor, out } = this
    if (nodes.length === 0) out.byte(OPEN_OBJECT)
    for (let i = 0; i < nodes.length && cursor.fault === Code.ok; i++) {
      out.raw(texts[i])
      this.write(nodes[i], depth)
    }
    out.byte(CLOSE_OBJECT)
  }

  private writeArray(item: JsonNode, depth: number): void {
    const { cursor, out } = this
    out.byte(OPEN_ARRAY)
    let first = true
    for (let count = cursor.block(0); count > 0; count = cursor.block(0)) {
      for (let i = 0; i < count && cursor.fault === Code.ok; i++) {
        if (first) first = false
        else out.byte(COMMA)
        this.write(item, depth)
        if (out.length > this.maxBytes) cursor.fail(Code.recordTooLarge)
      }
    }
    out.byte(CLOSE_ARRAY)
  }

  /**
   * JSON readers refuse an object with a key that comes twice. Only maps that hold no others are written before that is known:
   * what is begun anew at every level could take for ever.
   */
  private writeMap(map: MapNode, value: JsonNode, depth: number): void {
    const { cursor, out } = this
    const { pos } = cursor
    const { length } = out
    if (map.innermost && this.writeEntries(map, value, depth)) return
    if (cursor.fault !== Code.ok) return
    cursor.pos = pos
    out.length = length
    this.writeLastValues(map, value, depth)
  }

  /** Entry by entry; false as soon as a key came twice, or cannot be told from those before. */
  private writeEntries(map: MapNode, value: JsonNode, depth: number): boolean {
    const { cursor, out } = this
    const { keys, keyTexts, seen } = map
    const run = ++map.run
    let key = 0
    let first = true
    out.byte(OPEN_OBJECT)
    for (let count = cursor.block(1); count > 0; count = cursor.block(1)) {
      for (let i = 0; i < count && cursor.fault === Code.ok; i++) {
        const expected = keys.expected(key)
        if (keys.isAt(expected, cursor.view, cursor.pos, cursor.end)) {
          key = expected
          cursor.pos += keys.size(key)
        } else {
          const end = cursor.length() + cursor.pos
          key = keys.learn(key, cursor.bytes, cursor.pos, end)
          if (key < 0) return false
          keyTexts[key] ??= keyText((cursor.bytes as Buffer).toString('utf8', cursor.pos, end))
          cursor.pos = end
        }
        const text = keyTexts[key]
        if (text === undefined) return false
        if (seen[key] === run) return false
        seen[key] = run
        if (first) first = false
        else out.byte(COMMA)
        out.raw(text)
        this.write(value, depth)
      }
    }
    out.byte(CLOSE_OBJECT)
    return true
  }

  /** In two passes: where each key's last value is, then the values. */
  private writeLastValues(map: MapNode, value: JsonNode, depth: number): void {
    const { cursor, out } = this
    const bytes = cursor.bytes as Buffer
    const places = new Map<string, number>()
    for (let count = cursor.block(1); count > 0; count = cursor.block(1)) {
      for (let i = 0; i < count && cursor.fault === Code.ok; i++) {
        const end = cursor.length() + cursor.pos
        places.set(bytes.toString('utf8', cursor.pos, end), end)
        cursor.pos = end
        skip(cursor, this.code, map.valuePlace)
      }
    }
    if (cursor.fault !== Code.ok) return
    const { pos } = cursor
    let separator = OPEN_OBJECT
    if (places.size === 0) out.byte(OPEN_OBJECT)
    for (const [key, place] of places) {
      out.byte(separator)
      separator = COMMA
      out.string(key)
      out.byte(COLON)
      cursor.pos = place
      this.write(value, depth)
    }
    out.byte(CLOSE_OBJECT)
    cursor.pos = pos
  }

  /** A long with all its digits: Elasticsearch's are 64 bits wide. */
  private writeLong(): void {
    const { cursor, out } = this
    const start = cursor.pos
    const value = cursor.long()
    out.ascii(Number.isSafeInteger(value) ? String(value) : exactLong(cursor.bytes, start, cursor.pos))
  }

  private writeBase64(size: number): void {
    const { cursor, out } = this
    const start = cursor.pos
    cursor.advance(size)
    if (cursor.fault === Code.ok) out.ascii(`"${(cursor.bytes as Buffer).toString('base64', start, start + size)}"`)
  }
}

/** Two keys that are not UTF-8 may read the same: none is written before all are known. */
const keyText = (key: string): Buffer | undefined => (key.includes('\uFFFD') ? undefined : Buffer.from(`${JSON.stringify(key)}:`))

const exactLong = (bytes: Uint8Array, start: number, end: number): string => {
  let zigzag = 0n
  for (let at = end - 1; at >= start; at--) zigzag = (zigzag << 7n) | BigInt(bytes[at] & 127)
  return String(BigInt.asIntN(64, (zigzag >> 1n) ^ -(zigzag & 1n)))
}
