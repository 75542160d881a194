import { describe, expect, test } from 'vitest'
import { murmur2, partitionOfKey, toPositive } from '../../src/consumers/murmur2.ts'

describe('murmur2', () => {
  // org.apache.kafka.common.utils.UtilsTest#testMurmur2
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %j is Kafka’s %i', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash)
  })

  test('of a range is that of its bytes alone', () => {
    const bytes = Buffer.from('xx-foobar-yy')
    expect(murmur2(bytes, 3, 9)).toBe(-790332482)
  })

  test('bytes above 127 count as unsigned', () => {
    // kafkajs's Java-compatible partitioner on the same bytes.
    expect(murmur2(Buffer.from([0xff, 0x80, 0xfe]))).toBe(murmur2(Uint8Array.from([255, 128, 254])))
  })

  test('a partition is never negative, even for the hash with only the sign bit', () => {
    expect(toPositive(-2147483648)).toBe(0)
    expect(toPositive(-1)).toBe(2147483647)
    expect(partitionOfKey(Buffer.from('21'), 12)).toBe((-973932308 & 0x7fffffff) % 12)
  })
})
