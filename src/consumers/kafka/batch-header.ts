import { crc32c } from '@node-rs/crc32'

/**
 * One record batch of format v2, as its header describes it. Layout (org.apache.kafka.common.record.DefaultRecordBatch):
 *
 *   0 baseOffset i64 | 8 length i32 (of what follows) | 12 partitionLeaderEpoch i32 | 16 magic i8 | 17 crc u32 (CRC-32C of all
 *   from 21 on) | 21 attributes i16 | 23 lastOffsetDelta i32 | 27 baseTimestamp i64 | 35 maxTimestamp i64 | 43 producerId i64 |
 *   51 producerEpoch i16 | 53 baseSequence i32 | 57 count i32 | 61 records
 */
export type Batch = Readonly<{
  baseOffset: number
  lastOffset: number
  crc: number
  codec: Codec
  isTransactional: boolean
  isControl: boolean
  baseTimestampMs: number
  /** NaN where records carry their producer's time. */
  appendTimeMs: number
  producerId: bigint
  count: number
  /** The records in the buffer: `[recordsStart, end)`, compressed or not. */
  recordsStart: number
  end: number
}>

export type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** A batch that cannot be read: where, and a sentence that says why. */
export type Fault = Readonly<{ offset: number; reason: string }>

const LENGTH_AT = 8
const MAGIC_AT = 16
const CRC_AT = 17
const CHECKED_FROM = 21
const RECORDS_AT = 61
/** What `length` counts lies behind it. */
const LENGTH_END = 12
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const satisfies readonly Codec[]

/** Exact below 2^53. */
export const readInt64 = (bytes: Buffer, at: number): number => bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4)

/**
 * The whole batches in `bytes[start, end)` that reach `askedOffset` or beyond. Brokers cut the last batch off where the
 * answer's limit falls: it is left for the next fetch. A fault ends the scan; the batches before it are good.
 *
 * Everything that can be told without decompressing is checked here: sizes, format, CRC, order.
 */
export const scanBatches = (
  bytes: Buffer,
  start: number,
  end: number,
  askedOffset: number,
): Readonly<{ batches: readonly Batch[]; fault: Fault | undefined }> => {
  const batches: Batch[] = []
  let next = askedOffset
  for (let at = start; at < end; ) {
    const cutOff = { batches, fault: at === start ? firstCutOff(next, end - at) : undefined }
    if (end - at < CRC_AT) return cutOff
    const length = bytes.readInt32BE(at + LENGTH_AT)
    const magic = bytes.readInt8(at + MAGIC_AT)
    const reason = magic === 2 ? sizeFault(length) : formatFault(magic)
    if (reason !== undefined) return { batches, fault: { offset: next, reason } }
    if (length > end - at - LENGTH_END) return cutOff
    const batch = readBatch(bytes, at, at + LENGTH_END + length, next)
    if ('reason' in batch) return { batches, fault: batch }
    at = batch.end
    if (batch.lastOffset < askedOffset) continue
    if (batches.length > 0 && batch.baseOffset < next) {
      return {
        batches,
        fault: { offset: next, reason: `a batch begins at offset ${batch.baseOffset}, before ${next}, where it may` },
      }
    }
    batches.push(batch)
    next = batch.lastOffset + 1
  }
  return { batches, fault: undefined }
}

/** Since Fetch v3 (KIP-74) a broker sends the first batch whole, however large: one that is not is damaged. */
const firstCutOff = (offset: number, size: number): Fault => ({
  offset,
  reason: `the first batch of the answer claims more than the ${size} bytes that came`,
})

const sizeFault = (length: number): string | undefined =>
  length < RECORDS_AT - LENGTH_END ? `the batch claims a length of ${length} bytes, less than its header` : undefined

const formatFault = (magic: number): string =>
  magic === 0 || magic === 1
    ? `the batch has record format v${magic}, from before Kafka 0.11: only v2 is read; let these records expire, or rewrite the topic with a current producer`
    : `the batch has record format v${magic}, which is unknown`

const readBatch = (bytes: Buffer, at: number, end: number, next: number): Batch | Fault => {
  const refuse = (reason: string): Fault => ({ offset: next, reason })
  const crc = bytes.readUInt32BE(at + CRC_AT)
  const actual = crc32c(bytes.subarray(at + CHECKED_FROM, end))
  if (crc !== actual) return refuse(`the batch's CRC is ${hex(crc)}, its bytes give ${hex(actual)}`)
  const attributes = bytes.readInt16BE(at + CHECKED_FROM)
  const codec = CODECS[attributes & 7]
  if (codec === undefined) return refuse(`the batch is compressed with codec ${attributes & 7}, which is unknown`)
  const baseOffset = readInt64(bytes, at)
  const lastOffset = baseOffset + bytes.readInt32BE(at + 23)
  const count = bytes.readInt32BE(at + 57)
  if (!(baseOffset >= 0 && Number.isSafeInteger(lastOffset))) return refuse(`the batch claims the offset ${baseOffset}`)
  if (lastOffset < baseOffset) return refuse(`the batch ends at offset ${lastOffset}, before its begin at ${baseOffset}`)
  if (count < 0 || count > lastOffset - baseOffset + 1) {
    return refuse(`the batch claims ${count} records between offsets ${baseOffset} and ${lastOffset}`)
  }
  return {
    baseOffset,
    lastOffset,
    crc,
    codec,
    isTransactional: (attributes & 0x10) !== 0,
    isControl: (attributes & 0x20) !== 0,
    baseTimestampMs: readInt64(bytes, at + 27),
    appendTimeMs: (attributes & 0x08) !== 0 ? readInt64(bytes, at + 35) : Number.NaN,
    producerId: bytes.readBigInt64BE(at + 43),
    count,
    recordsStart: at + RECORDS_AT,
    end,
  }
}

const hex = (crc: number): string => `0x${crc.toString(16).padStart(8, '0')}`
