import { gunzipSync } from 'node:zlib'
import { decompress as unzstd } from 'fzstd'
import { decompressFrameSync } from 'lz4-napi'
import { uncompressSync } from 'snappy'
import type { Codec } from './batch-header.ts'
import { lz4Bound, snappySize, zstdBound } from './decompressed-size.ts'

/**
 * The most that one batch may decompress to. Brokers take batches of a megabyte by default; events pack 3:1 to 10:1, and
 * a hundred times more is no data.
 */
export const MAX_DECOMPRESSED_BYTES = 128 * 1024 * 1024

/** The records of a batch. Throws when the bytes are not what the codec says, or may give more than `maxBytes`. */
export const decompress = (codec: Exclude<Codec, 'none'>, bytes: Buffer, maxBytes = MAX_DECOMPRESSED_BYTES): Buffer => {
  switch (codec) {
    case 'gzip':
      return gunzipSync(bytes, { maxOutputLength: maxBytes })
    case 'snappy':
      return isXerial(bytes) ? xerialSnappy(bytes, maxBytes) : rawSnappy(bytes, maxBytes)
    case 'lz4':
      checkBound(lz4Bound(bytes), maxBytes)
      return decompressFrameSync(bytes)
    case 'zstd': {
      checkBound(zstdBound(bytes), maxBytes)
      const { buffer, byteOffset, length } = unzstd(bytes)
      return Buffer.from(buffer, byteOffset, length)
    }
  }
}

const checkBound = (size: number, maxBytes: number): void => {
  if (!(size <= maxBytes)) throw new Error(`it may decompress to ${size} bytes, the limit is ${maxBytes}`)
}

/** How the Java client frames snappy (xerial's SnappyOutputStream): magic, two i32 versions, then blocks with their i32 length. */
const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const XERIAL_HEADER_BYTES = 16

const isXerial = (bytes: Buffer): boolean =>
  bytes.length >= XERIAL_HEADER_BYTES && XERIAL_MAGIC.compare(bytes, 0, XERIAL_MAGIC.length) === 0

const xerialSnappy = (bytes: Buffer, maxBytes: number): Buffer => {
  const blocks: Buffer[] = []
  let size = 0
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length; ) {
    const start = at + 4
    const end = start <= bytes.length ? start + bytes.readInt32BE(at) : start
    if (!(end > start && end <= bytes.length)) throw new Error('a snappy block goes beyond the batch')
    const block = bytes.subarray(start, end)
    size += snappySize(block)
    checkBound(size, maxBytes)
    blocks.push(block)
    at = end
  }
  return Buffer.concat(blocks.map(block => rawSnappy(block, maxBytes)))
}

const rawSnappy = (bytes: Buffer, maxBytes: number): Buffer => {
  checkBound(snappySize(bytes), maxBytes)
  return uncompressSync(bytes, { asBuffer: true }) as Buffer // `asBuffer` rules a string out
}
