import type { IHeaders, Message, RecordMetadata } from 'kafkajs'
import type { OutgoingRecord } from '../log.ts'

/** A batch beyond the broker's message.max.bytes (1 MiB unless configured) is refused as a whole. */
const MAX_SEND_BYTES = 512 * 1024
/** kafkajs groups a send's records by copying the group for each record: quadratic. */
const MAX_SEND_RECORDS = 500

/**
 * Records as sends, by partition and in order within each; a send is of one partition and no larger than brokers take.
 *
 * Of one partition, because kafkajs loses records otherwise: where a send goes to several brokers and one of them fails, it
 * retries those without an answer only. If the failed one's partitions have moved to a broker that did answer, they are sent to
 * nobody, and the send resolves.
 */
export const sendsOf = (
  records: readonly OutgoingRecord[],
  partitions: readonly number[],
): readonly (readonly (readonly Message[])[])[] => {
  const byPartition = new Map<number, OutgoingRecord[]>()
  records.forEach((record, i) => {
    const partition = partitions[i]
    const own = byPartition.get(partition) ?? []
    own.push({ ...record, partition })
    byPartition.set(partition, own)
  })
  return [...byPartition.values()].map(chunksOf)
}

/**
 * What kafkajs answers to a send of one partition. It sends to nobody, and resolves with an empty answer, where its metadata are
 * older than the partition: those of a new producer are not.
 */
export const assertSent = (acknowledged: readonly RecordMetadata[], [{ partition }]: readonly Message[]): void => {
  if (acknowledged.length === 0) throw new Error(`partition ${partition} is newer than what the producer knows of the topic`)
}

const chunksOf = (records: readonly OutgoingRecord[]): readonly (readonly Message[])[] => {
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
