import { gzipSync } from 'node:zlib'
import { init as initZstd, compress as zstdCompress } from '@bokuweb/zstd-wasm'
import { compressFrameSync } from 'lz4-napi'
import { compressSync } from 'snappy'
import type { PlainRecord } from '../support.ts'

/**
 * Kafka's record format v2, written from the protocol guide for these tests alone: nothing of it is shared with the reader.
 */
export type TestRecord = Readonly<{
  offsetDelta: number
  timestampDelta: number
  key: Buffer | null
  value: Buffer | null
  headers: readonly (readonly [string, Buffer | null])[]
}>

export type TestCodec = 'none' | 'gzip' | 'snappy' | 'snappy-xerial' | 'lz4' | 'zstd'

export type TestBatch = Readonly<{
  baseOffset: number
  lastOffsetDelta: number
  records: readonly TestRecord[]
  codec?: TestCodec
  /** Set: the topic has LogAppendTime. */
  appendTimeMs?: number
  baseTimestampMs?: number
  producerId?: bigint
  isTransactional?: boolean
  isControl?: boolean
}>

export const TEST_CODECS = ['none', 'gzip', 'snappy', 'snappy-xerial', 'lz4', 'zstd'] as const satisfies readonly TestCodec[]
const CODEC_IDS = { none: 0, gzip: 1, snappy: 2, 'snappy-xerial': 2, lz4: 3, zstd: 4 } as const

const ZSTD_READY = Symbol.for('tidemark.test.zstd')
const inProcess = globalThis as { [ZSTD_READY]?: Promise<void> }

/**
 * Once a process: a second `init` of the library returns at once and exchanges its memory a moment later, under whatever
 * compresses then. Test files that share a worker share the library.
 */
export const initCodecs = (): Promise<void> => {
  inProcess[ZSTD_READY] ??= initZstd()
  return inProcess[ZSTD_READY]
}

export const varint = (value: number | bigint): Buffer => {
  const n = BigInt(value)
  const bytes: number[] = []
  let rest = n >= 0n ? n * 2n : n * -2n - 1n
  while (rest >= 128n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  return Buffer.from([...bytes, Number(rest)])
}

const sized = (bytes: Buffer | null): readonly Uint8Array[] => (bytes === null ? [varint(-1)] : [varint(bytes.length), bytes])

export const encodeHeaderBytes = (headers: TestRecord['headers']): Buffer =>
  Buffer.concat([varint(headers.length), ...headers.flatMap(([key, value]) => [...sized(Buffer.from(key)), ...sized(value)])])

export const encodeRecord = ({ offsetDelta, timestampDelta, key, value, headers }: TestRecord): Buffer => {
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(timestampDelta),
    varint(offsetDelta),
    ...sized(key),
    ...sized(value),
    encodeHeaderBytes(headers),
  ])
  return Buffer.concat([varint(body.length), body])
}

/** Java's framing of snappy, with small blocks so that there are several. */
const xerial = (bytes: Buffer): Buffer => {
  const parts: Uint8Array[] = [Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00, 0, 0, 0, 1, 0, 0, 0, 1])]
  for (let at = 0; at < bytes.length; at += 100) {
    const block = compressSync(bytes.subarray(at, at + 100))
    const length = Buffer.alloc(4)
    length.writeInt32BE(block.length)
    parts.push(length, block)
  }
  return Buffer.concat(parts)
}

export const compressAs = (codec: TestCodec, bytes: Buffer): Buffer => {
  switch (codec) {
    case 'none':
      return bytes
    case 'gzip':
      return gzipSync(bytes)
    case 'snappy':
      return compressSync(bytes)
    case 'snappy-xerial':
      return xerial(bytes)
    case 'lz4':
      return compressFrameSync(bytes)
    case 'zstd':
      return Buffer.from(zstdCompress(bytes, 3))
  }
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let crc = n
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

/** CRC-32C (Castagnoli), a byte at a time. */
export const castagnoli = (bytes: Buffer): number => {
  let crc = 0xffffffff
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

export const HEADER_BYTES = 61
const CRC_AT = 17

/** A batch whose record bytes are given as they are, compressed already: right or wrong. */
export const encodeBatchOf = (batch: Omit<TestBatch, 'records'>, count: number, recordBytes: Buffer): Buffer => {
  const { baseOffset, lastOffsetDelta, codec = 'none', appendTimeMs, baseTimestampMs = 0, producerId = -1n } = batch
  const bytes = Buffer.concat([Buffer.alloc(HEADER_BYTES), recordBytes])
  bytes.writeBigInt64BE(BigInt(baseOffset), 0)
  bytes.writeInt32BE(bytes.length - 12, 8)
  bytes.writeInt32BE(7, 12)
  bytes.writeInt8(2, 16)
  const flags = (appendTimeMs === undefined ? 0 : 8) | (batch.isTransactional ? 16 : 0) | (batch.isControl ? 32 : 0)
  bytes.writeInt16BE(CODEC_IDS[codec] | flags, 21)
  bytes.writeInt32BE(lastOffsetDelta, 23)
  bytes.writeBigInt64BE(BigInt(baseTimestampMs), 27)
  bytes.writeBigInt64BE(BigInt(appendTimeMs ?? baseTimestampMs), 35)
  bytes.writeBigInt64BE(producerId, 43)
  bytes.writeInt16BE(0, 51)
  bytes.writeInt32BE(-1, 53)
  bytes.writeInt32BE(count, 57)
  return withCrc(bytes)
}

export const withCrc = (batch: Buffer): Buffer => {
  batch.writeUInt32BE(castagnoli(batch.subarray(21)), CRC_AT)
  return batch
}

export const encodeBatch = (batch: TestBatch): Buffer =>
  encodeBatchOf(batch, batch.records.length, compressAs(batch.codec ?? 'none', Buffer.concat(batch.records.map(encodeRecord))))

/** What a reader must make of a batch that is data. */
export const plainOf = ({ baseOffset, records, appendTimeMs, baseTimestampMs = 0 }: TestBatch): readonly PlainRecord[] =>
  records.map(({ offsetDelta, timestampDelta, key, value, headers }) => ({
    offset: baseOffset + offsetDelta,
    timestampMs: appendTimeMs ?? baseTimestampMs + timestampDelta,
    key: key === null ? null : key.toString('latin1'),
    value: value === null ? null : value.toString('latin1'),
    headers: encodeHeaderBytes(headers).toString('hex'),
  }))

/** `count` records that follow one another. */
export const simpleBatch = (baseOffset: number, count: number, rest: Partial<TestBatch> = {}): TestBatch => ({
  baseOffset,
  lastOffsetDelta: count - 1,
  records: Array.from({ length: count }, (_, i) => ({
    offsetDelta: i,
    timestampDelta: i,
    key: Buffer.from(`k${baseOffset + i}`),
    value: Buffer.from(`value ${baseOffset + i}`),
    headers: [],
  })),
  ...rest,
})

/** The marker that ends a transaction. */
export const endOfTransaction = (baseOffset: number, producerId: bigint, end: 'commit' | 'abort'): TestBatch => ({
  baseOffset,
  lastOffsetDelta: 0,
  producerId,
  isTransactional: true,
  isControl: true,
  records: [
    {
      offsetDelta: 0,
      timestampDelta: 0,
      key: Buffer.from([0, 0, 0, end === 'abort' ? 0 : 1]),
      value: Buffer.from([0, 0, 0, 0, 0, 0]),
      headers: [],
    },
  ],
})

export type TestAnswer = Readonly<{
  topic: string
  partition: number
  errorCode?: number
  highWatermark?: number
  lastStableOffset?: number
  aborted?: readonly Readonly<{ producerId: bigint; firstOffset: number }>[]
  records?: Buffer
}>

/** The answer to a Fetch v11 for one partition. */
export const encodeAnswer = ({
  topic,
  partition,
  errorCode = 0,
  aborted,
  records = Buffer.alloc(0),
  ...offsets
}: TestAnswer): Buffer => {
  const { highWatermark = 0, lastStableOffset = highWatermark } = offsets
  const int = (size: number, value: number): Buffer => {
    const bytes = Buffer.alloc(size)
    if (size === 8) bytes.writeBigInt64BE(BigInt(value))
    else bytes.writeIntBE(value, 0, size)
    return bytes
  }
  const long = (value: bigint): Buffer => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64BE(value)
    return bytes
  }
  const name = Buffer.from(topic)
  const list = (aborted ?? []).flatMap(({ producerId, firstOffset }) => [long(producerId), int(8, firstOffset)])
  return Buffer.concat([
    ...[int(4, 0), int(2, 0), int(4, 0), int(4, 1), int(2, name.length), name, int(4, 1), int(4, partition), int(2, errorCode)],
    ...[int(8, highWatermark), int(8, lastStableOffset), int(8, 0)],
    ...[int(4, aborted === undefined ? -1 : aborted.length), ...list],
    ...[int(4, -1), int(4, records.length), records],
  ])
}
