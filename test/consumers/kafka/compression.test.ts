import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { decompress } from '../../../src/consumers/kafka/compression.ts'
import { lz4Bound, snappySize, zstdBound } from '../../../src/consumers/kafka/decompressed-size.ts'
import { compressAs, initCodecs, TEST_CODECS, type TestCodec } from './encode.ts'

const COMPRESSED = TEST_CODECS.filter(codec => codec !== 'none')
const codecOf = (codec: Exclude<TestCodec, 'none'>) => (codec === 'snappy-xerial' ? 'snappy' : codec)

beforeAll(initCodecs)

describe.each(COMPRESSED)('%s', codec => {
  test('gives back what was compressed', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }).map(array => Buffer.from(array)),
      fc.tuple(fc.string({ minLength: 1, maxLength: 20 }), fc.nat(5000)).map(([text, times]) => Buffer.from(text.repeat(times))),
    )
    fc.assert(
      fc.property(bytes, content => {
        expect(decompress(codecOf(codec), compressAs(codec, content)).equals(content)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  test('a bomb is refused, before or while it goes off', () => {
    const bomb = compressAs(codec, Buffer.alloc(10_000_000))
    expect(bomb.length).toBeLessThan(codec === 'snappy-xerial' ? 4_000_000 : 600_000)
    expect(() => decompress(codecOf(codec), bomb, 1_000_000)).toThrow()
  })

  test('bytes that are no such data throw, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), bytes => {
        try {
          decompress(codecOf(codec), Buffer.from(bytes), 1000)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }),
    )
  })

  test('damaged data throws or gives no more than the limit', () => {
    const source = compressAs(codec, Buffer.from('some text, again some text '.repeat(50)))
    fc.assert(
      fc.property(fc.nat(source.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const bytes = Buffer.from(source)
        bytes[at] = byte
        try {
          expect(decompress(codecOf(codec), bytes, 200_000).length).toBeLessThanOrEqual(200_000)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('the size that framing allows', () => {
  test('is never less than the content’s', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(300), (array, times) => {
        const content = Buffer.concat(Array.from({ length: times % 20 }, () => Buffer.from(array)))
        expect(lz4Bound(compressAs('lz4', content))).toBeGreaterThanOrEqual(content.length)
        expect(zstdBound(compressAs('zstd', content))).toBeGreaterThanOrEqual(content.length)
        expect(snappySize(compressAs('snappy', content))).toBe(content.length)
      }),
    )
  })

  test('counts a zstd frame’s window, which a decoder allots whole', () => {
    //                      magic               | no flags | window 2 GiB | last raw block of 0 bytes
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x01, 0, 0])
    expect(zstdBound(frame)).toBe(2 ** 31)
  })

  test('counts every zstd frame, and steps over those to skip', () => {
    //                                                          | window 1 KiB | last RLE block: 4096 times 'a'
    const repeated = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0, ...rle(4096), 0x61])
    const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
    expect(zstdBound(Buffer.concat([repeated, skippable, repeated]))).toBe(8192)
    expect(() => zstdBound(repeated.subarray(0, 8))).toThrow(/goes beyond the batch/)
  })

  const rle = (size: number): readonly number[] => {
    const header = (size << 3) | (1 << 1) | 1
    return [header & 255, (header >> 8) & 255, header >> 16]
  }
})

test('a gzip stream of several members is one', () => {
  const bytes = Buffer.concat([gzipSync('one '), gzipSync('two')])
  expect(decompress('gzip', bytes).toString()).toBe('one two')
})
