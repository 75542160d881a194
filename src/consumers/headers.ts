import type { HeaderValue, OutgoingRecord } from './log.ts'

/** One header of a record, as byte ranges of the block it was read from. */
export type HeaderRange = Readonly<{
  keyStart: number
  keyEnd: number
  /** -1 where the value is null. */
  valueStart: number
  valueEnd: number
}>

/**
 * The headers in `bytes[start, end)`: a varint count, then key and value, each with its zigzag varint length (Kafka record
 * format v2). Undefined when they do not fill the range exactly: whoever wrote them, no length is trusted.
 */
export const readHeaders = (bytes: Uint8Array, start: number, end: number): readonly HeaderRange[] | undefined => {
  let at = start
  const varint = (): number => {
    let value = 0
    let scale = 1
    for (let n = 0; n < 5; n++) {
      if (at >= end) return Number.NaN
      const byte = bytes[at++]
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value % 2 === 1 ? -(value + 1) / 2 : value / 2
      scale *= 0x80
    }
    return Number.NaN
  }
  const count = varint()
  if (!(count >= 0)) return undefined
  const headers: HeaderRange[] = []
  for (let i = 0; i < count; i++) {
    const keyLength = varint()
    if (!(keyLength >= 0 && keyLength <= end - at)) return undefined
    const keyStart = at
    at += keyLength
    const valueLength = varint()
    if (!(valueLength >= -1 && valueLength <= end - at)) return undefined
    headers.push({
      keyStart,
      keyEnd: keyStart + keyLength,
      valueStart: valueLength < 0 ? -1 : at,
      valueEnd: valueLength < 0 ? -1 : at + valueLength,
    })
    at += Math.max(0, valueLength)
  }
  return at === end ? headers : undefined
}

const zigzag = (value: number): readonly number[] => {
  const bytes: number[] = []
  let rest = value < 0 ? -value * 2 - 1 : value * 2
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  bytes.push(rest)
  return bytes
}

const NO_HEADERS = Buffer.from([0])

/** The bytes that `readHeaders` reads. */
export const encodeHeaders = (headers: OutgoingRecord['headers']): Buffer => {
  if (headers === undefined) return NO_HEADERS
  const flat: (readonly [string, HeaderValue])[] = []
  for (const [key, value] of Object.entries(headers)) {
    if (Array.isArray(value)) for (const one of value as readonly HeaderValue[]) flat.push([key, one])
    else flat.push([key, value as HeaderValue])
  }
  const parts: Uint8Array[] = [Uint8Array.from(zigzag(flat.length))]
  for (const [key, value] of flat) {
    const keyBytes = Buffer.from(key)
    const valueBytes = typeof value === 'string' ? Buffer.from(value) : value
    parts.push(Uint8Array.from(zigzag(keyBytes.length)), keyBytes, Uint8Array.from(zigzag(valueBytes.length)), valueBytes)
  }
  return Buffer.concat(parts)
}
