/**
 * How many bytes compressed data gives at most, told from its framing alone: the decoders have no limit of their own, and a
 * batch of a megabyte may claim gigabytes. All throw on data that is not framed as it should be.
 */

/** Exact: a snappy block begins with its size, an unsigned varint. */
export const snappySize = (block: Buffer): number => {
  let size = 0
  let scale = 1
  for (let at = 0; at < 5 && at < block.length; at++) {
    size += (block[at] & 0x7f) * scale
    if (block[at] < 0x80) return size
    scale *= 0x80
  }
  throw new Error('a snappy block has no size')
}

const LZ4_MAGIC = 0x184d2204
/** By the frame's block size code; 0 to 3 are reserved. */
const LZ4_BLOCK_BYTES = [0, 0, 0, 0, 64 * 1024, 256 * 1024, 1024 * 1024, 4 * 1024 * 1024] as const

/** The frame's blocks times their largest size (lz4 frame format 1.6.3). */
export const lz4Bound = (bytes: Buffer): number => {
  if (bytes.length < 7 || bytes.readUInt32LE(0) !== LZ4_MAGIC) throw new Error('it is no lz4 frame')
  const flags = bytes[4]
  const perBlock = LZ4_BLOCK_BYTES[(bytes[5] >> 4) & 7]
  const blockChecksum = (flags & 0x10) !== 0 ? 4 : 0
  let at = 7 + ((flags & 0x08) !== 0 ? 8 : 0) + ((flags & 0x01) !== 0 ? 4 : 0)
  let bound = 0
  while (at + 4 <= bytes.length) {
    const size = bytes.readUInt32LE(at) & 0x7fffffff
    if (size === 0) return bound
    bound += perBlock
    at += 4 + size + blockChecksum
  }
  throw new Error('an lz4 block goes beyond the batch')
}

const ZSTD_MAGIC = 0xfd2fb528
const ZSTD_SKIPPABLE = 0x184d2a50
const ZSTD_BLOCK_BYTES = 128 * 1024
const ZSTD_CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const
const ZSTD_DICTIONARY_BYTES = [0, 1, 2, 4] as const

/** All frames' blocks, each with its largest size, or the window that a decoder allots for them if that is larger (RFC 8878, 3.1.1). */
export const zstdBound = (bytes: Buffer): number => {
  let bound = 0
  let at = 0
  const need = (size: number): void => {
    if (at + size > bytes.length) throw new Error('a zstd frame goes beyond the batch')
  }
  while (at < bytes.length) {
    need(5)
    const magic = bytes.readUInt32LE(at)
    if ((magic & 0xfffffff0) >>> 0 === ZSTD_SKIPPABLE) {
      need(8)
      at += 8 + bytes.readUInt32LE(at + 4)
      continue
    }
    if (magic !== ZSTD_MAGIC) throw new Error('it is no zstd frame')
    const descriptor = bytes[at + 4]
    const isSingleSegment = (descriptor & 0x20) !== 0
    const contentSizeBytes = ZSTD_CONTENT_SIZE_BYTES[descriptor >> 6] || (isSingleSegment ? 1 : 0)
    const contentAt = at + 5 + (isSingleSegment ? 0 : 1) + ZSTD_DICTIONARY_BYTES[descriptor & 3]
    need(contentAt - at + contentSizeBytes + 3)
    const contentSize = contentSizeBytes === 0 ? 0 : littleEndian(bytes, contentAt, contentSizeBytes)
    const window = isSingleSegment ? contentSize : windowSize(bytes[at + 5])
    at = contentAt + contentSizeBytes
    let content = 0
    for (let isLast = false; !isLast; ) {
      need(3)
      const header = bytes.readUIntLE(at, 3)
      const type = (header >> 1) & 3
      const size = header >> 3
      isLast = (header & 1) !== 0
      content += type === 2 ? ZSTD_BLOCK_BYTES : size
      at += 3 + (type === 1 ? 1 : size)
    }
    need(0)
    at += (descriptor & 4) !== 0 ? 4 : 0
    bound += Math.max(content, window, contentSize)
  }
  return bound
}

const littleEndian = (bytes: Buffer, at: number, size: number): number =>
  size === 8 ? Number(bytes.readBigUInt64LE(at)) : bytes.readUIntLE(at, size) + (size === 2 ? 256 : 0)

const windowSize = (descriptor: number): number => {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}
