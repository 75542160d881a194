import { readHeaders } from './headers.ts'
import type { HeaderValue, OutgoingRecord } from './log.ts'
import type { RecordBlock } from './record-block.ts'

/** Identifies a dead letter: a record that is refused twice (a crash before the checkpoint) leaves two letters with one id. */
export const DEAD_LETTER_ID = 'tidemark-id'

export type Refused = Readonly<{
  block: RecordBlock
  i: number
  topic: string
  partition: number
  /** Where it was refused; default `decode`. */
  stage?: string
  /** A short name, one per kind of refusal: it is counted by. */
  reason: string
  /** The sentence for people. */
  detail: string
}>

/**
 * The record as it was (key and value bytes, headers), with the reason in the header names that Kafka Connect's own dead
 * letters use (KIP-298), so that the tools for those read these too. The block may be reused after the call: bytes are copied.
 */
export const deadLetterRecord = ({ block, i, topic, partition, stage = 'decode', reason, detail }: Refused): OutgoingRecord => {
  const offset = String(block.offsets[i])
  const own: readonly (readonly [string, string])[] = [
    [DEAD_LETTER_ID, `${topic}-${partition}-${offset}`],
    ['__connect.errors.topic', topic],
    ['__connect.errors.partition', String(partition)],
    ['__connect.errors.offset', offset],
    ['__connect.errors.connector.name', 'tidemark'],
    ['__connect.errors.stage', stage],
    ['__connect.errors.exception.class.name', reason],
    ['__connect.errors.exception.message', detail],
  ]
  const headers = new Map<string, HeaderValue | HeaderValue[]>()
  for (const [key, value] of originalHeaders(block, i)) {
    const before = headers.get(key)
    if (before === undefined) headers.set(key, value)
    else if (Array.isArray(before)) before.push(value)
    else headers.set(key, [before, value])
  }
  for (const [key, value] of own) headers.set(key, value)
  return {
    key: copy(block, block.keyStarts[i], block.keyEnds[i]),
    value: copy(block, block.valueStarts[i], block.valueEnds[i]),
    headers: Object.fromEntries(headers),
  }
}

const copy = (block: RecordBlock, start: number, end: number): Buffer | null =>
  start < 0 ? null : Buffer.from(block.bytes.subarray(start, end))

/** None when they are malformed; a null value becomes an empty one, which is the nearest that can be written. */
const originalHeaders = (block: RecordBlock, i: number): readonly (readonly [string, Buffer])[] => {
  const { bytes } = block
  const ranges = readHeaders(bytes, block.headerStarts[i], block.headerEnds[i]) ?? []
  return ranges.map(header => [
    bytes.toString('utf8', header.keyStart, header.keyEnd),
    Buffer.from(bytes.subarray(Math.max(0, header.valueStart), Math.max(0, header.valueEnd))),
  ])
}
