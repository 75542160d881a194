import type { IHeaders, Message } from 'kafkajs'
import type { OutgoingRecord } from '../log.ts'

/** A batch beyond the broker's message.max.bytes (1 MiB unless configured) is refused as a whole. */
const MAX_SEND_BYTES = 512 * 1024
/** kafkajs groups a send's records by copying the group for each record: quadratic. */
const MAX_SEND_RECORDS = 500

/** kafkajs makes one batch per partition of each send: the records in sends that brokers take, in order. */
export const sendsOf = (records: readonly OutgoingRecord[]): readonly (readonly Message[])[] => {
  const sends: Message[][] = []
  let bytes = Number.POSITIVE_INFINITY
  let current: Message[] = []
  for (const record of records) {
    const message = messageOf(record)
    const size = sizeOf(record)
    if (current.length === MAX_SEND_RECORDS || bytes + size > MAX_SEND_BYTES) {
      current = []
      bytes = 0
      sends.push(current)
    }
    current.push(message)
    bytes += size
  }
  return sends
}

const messageOf = ({ key, value, headers, partition, timestampMs }: OutgoingRecord): Message => ({
  key,
  value,
  partition,
  headers: headers as IHeaders | undefined, // the same, but for `readonly`
  timestamp: timestampMs === undefined ? undefined : String(timestampMs),
})

const RECORD_OVERHEAD_BYTES = 32

const sizeOf = ({ key, value, headers }: OutgoingRecord): number => {
  let size = RECORD_OVERHEAD_BYTES + (key === null ? 0 : Buffer.byteLength(key)) + (value?.length ?? 0)
  for (const [name, content] of Object.entries(headers ?? {})) {
    for (const one of Array.isArray(content) ? content : [content])
      size += name.length + Buffer.byteLength(one as string | Buffer) + 4
  }
  return size
}
