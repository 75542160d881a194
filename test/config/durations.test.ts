import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatBytes, formatDuration, parseBytes, parseDuration } from '../../src/config/durations.ts'

describe('durations', () => {
  test.each([
    ['250ms', 250],
    ['10s', 10_000],
    ['1m', 60_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
    ['1w', 604_800_000],
    ['1h30m', 5_400_000],
    [' 1h 30m ', 5_400_000],
    [0, 0],
    ['0', 0],
  ])('%s are %d ms', (text, ms) => expect(parseDuration(text)).toEqual({ kind: 'ok', value: ms }))

  test.each([10, '10', '1.5h', '-1s', '1y', '', 'h', '10 minutes', true, null, [1], '99999999999999w'])('%j is refused', value =>
    expect(parseDuration(value).kind).toBe('bad'),
  )

  test('a number without a unit is asked for one', () =>
    expect(parseDuration(10)).toEqual({ kind: 'bad', message: '10 has no unit', cure: 'say which: 10s, 10m or 10h' }))

  test('people read the largest units', () => {
    expect([0, 250, 10_000, 5_400_000, 604_800_000, 90_061_001].map(formatDuration)).toEqual([
      '0s',
      '250ms',
      '10s',
      '1h30m',
      '7d',
      '1d1h1m1s1ms',
    ])
  })

  test('what is formatted is read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e12 }), ms => {
        expect(parseDuration(formatDuration(ms))).toEqual({ kind: 'ok', value: ms })
      }),
    )
  })
})

describe('sizes', () => {
  test.each([
    [1024, 1024],
    ['1024', 1024],
    ['512 KiB', 524_288],
    ['1MiB', 1_048_576],
    ['10 MB', 10_000_000],
  ])('%s are %d bytes', (text, bytes) => expect(parseBytes(text)).toEqual({ kind: 'ok', value: bytes }))

  test.each(['1.5 MiB', 'big', '', '1 TiB', -1, true, null, [1]])('%j is refused', value =>
    expect(parseBytes(value).kind).toBe('bad'),
  )

  test('people read whole units', () =>
    expect([1_048_576, 1536, 1000].map(formatBytes)).toEqual(['1 MiB', '1536 bytes', '1000 bytes']))
})
