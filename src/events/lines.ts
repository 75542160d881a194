/** A piece of a file that holds one event, with the line that it begins in (from 1). */
export type Piece = Readonly<{ kind: 'text'; line: number; text: string } | { kind: 'bad'; line: number; message: string }>

const NEWLINE = 0x0a
/** Longer than any event: what does not end is not kept in memory. */
export const MAX_PIECE_BYTES = 16 * 1024 * 1024

/** Leaves out a byte order mark. */
const decoder = new TextDecoder('utf-8', { fatal: true })

const asText = (line: number, bytes: Uint8Array): Piece => {
  try {
    return { kind: 'text', line, text: decoder.decode(bytes) }
  } catch {
    return { kind: 'bad', line, message: 'not UTF-8' }
  }
}

const tooLong = (line: number): Piece => ({ kind: 'bad', line, message: `longer than ${MAX_PIECE_BYTES} bytes` })

/** Lines; empty ones are left out. Memory holds one chunk and one line. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  let rest: Buffer[] = []
  let restBytes = 0
  let line = 1
  const finish = (bytes: Buffer): Piece | undefined => {
    if (restBytes + bytes.length > MAX_PIECE_BYTES) return tooLong(line)
    const whole = rest.length === 0 ? bytes : Buffer.concat([...rest, bytes])
    return isBlank(whole) ? undefined : asText(line, whole)
  }
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const piece = finish(chunk.subarray(start, end))
      if (piece !== undefined) yield piece
      rest = []
      restBytes = 0
      line++
      start = end + 1
    }
    if (start === chunk.length) continue
    restBytes += chunk.length - start
    if (restBytes <= MAX_PIECE_BYTES) rest.push(chunk.subarray(start))
    else rest = []
  }
  const last = finish(Buffer.alloc(0))
  if (last !== undefined) yield last
}

const isBlank = (bytes: Buffer): boolean => {
  for (const byte of bytes) if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false
  return true
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN = [0x7b, 0x5b]
const CLOSE = [0x7d, 0x5d]
/** White space, commas and brackets of an array, and the three bytes of a byte order mark. */
const BETWEEN = [0x20, 0x09, 0x0d, 0x2c, 0x5b, 0x5d, 0xef, 0xbb, 0xbf]

/**
 * The objects of a JSON file: one, several one after the other, or those of an array; over as many lines as they like. Only
 * braces and quotes are looked at here; whoever parses a piece says what is wrong with it.
 */
export async function* objectsOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  let parts: Buffer[] = []
  let bytes = 0
  let depth = 0
  let inString = false
  let escaped = false
  let line = 1
  let startLine = 1
  for await (const chunk of chunks) {
    let start = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]
      if (byte === NEWLINE) line++
      if (depth === 0) {
        if (byte === OPEN[0]) {
          depth = 1
          start = at
          startLine = line
        } else if (byte !== NEWLINE && !BETWEEN.includes(byte)) {
          yield {
            kind: 'bad',
            line,
            message: `not JSON: ${JSON.stringify(chunk.toString('utf8', at, at + 20))} stands where an object must begin`,
          }
          return
        }
      } else if (inString) {
        if (escaped) escaped = false
        else if (byte === BACKSLASH) escaped = true
        else if (byte === QUOTE) inString = false
      } else if (byte === QUOTE) inString = true
      else if (OPEN.includes(byte)) depth++
      else if (CLOSE.includes(byte) && --depth === 0) {
        yield asText(startLine, Buffer.concat([...parts, chunk.subarray(start, at + 1)]))
        parts = []
        bytes = 0
      }
    }
    if (depth === 0) continue
    parts.push(chunk.subarray(start))
    bytes += chunk.length - start
    if (bytes > MAX_PIECE_BYTES) {
      yield tooLong(startLine)
      return
    }
  }
  if (depth > 0) yield { kind: 'bad', line: startLine, message: 'not JSON: the file ends within this object' }
}
