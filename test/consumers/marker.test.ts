import { describe, expect, test } from 'vitest'
import { MARKER_HEADER, markerHeaders, readMarker } from '../../src/consumers/marker.ts'
import { blockWith } from './blocks.ts'

describe('watermark markers', () => {
  test('the time that was written is read again', async () => {
    for (const timeMs of [0, 1, 1_700_000_000_123, 999_999_999_999_999]) {
      expect(readMarker(await blockWith([{ key: null, value: null, headers: markerHeaders(timeMs) }]), 0)).toBe(timeMs)
    }
  })

  test('other headers may stand beside it', async () => {
    const headers = { before: 'x', ...markerHeaders(42), after: Buffer.alloc(200) }
    expect(readMarker(await blockWith([{ key: 'k', value: null, headers }]), 0)).toBe(42)
  })

  test.each([
    ['an event with that header', { key: null, value: Buffer.from('x'), headers: markerHeaders(1) }],
    ['a tombstone', { key: 'k', value: null }],
    ['a header whose name only begins so', { key: null, value: null, headers: { [`${MARKER_HEADER}s`]: '1' } }],
    ['an empty time', { key: null, value: null, headers: { [MARKER_HEADER]: '' } }],
    ['a time with a sign', { key: null, value: null, headers: { [MARKER_HEADER]: '-1' } }],
    ['a time with a fraction', { key: null, value: null, headers: { [MARKER_HEADER]: '1.5' } }],
    ['a time too long for a double', { key: null, value: null, headers: { [MARKER_HEADER]: '9'.repeat(16) } }],
  ])('%s is none', async (_name, record) => {
    expect(readMarker(await blockWith([record]), 0)).toBeUndefined()
  })

  test('headers that are cut off, or claim more than there is, are none', async () => {
    const block = await blockWith([{ key: null, value: null, headers: markerHeaders(123) }])
    const end = block.headerEnds[0]
    for (let cut = block.headerStarts[0]; cut < end; cut++) {
      block.headerEnds[0] = cut
      expect(readMarker(block, 0)).toBeUndefined()
    }
    block.headerEnds[0] = end
    expect(readMarker(block, 0)).toBe(123)
    block.bytes[block.headerStarts[0]] = 0x7e
    expect(readMarker(block, 0)).toBeUndefined()
  })

  test.each([-1, 1.5, Number.NaN, 1e15])('%d is no time to mark', timeMs => {
    expect(() => markerHeaders(timeMs)).toThrow(/whole ms/)
  })
})
