import { describe, expect, it } from 'vitest'
import { closingWatermarkMs, lastEndContainingMs, nextEndMs, paneClasses, paneWidthMs } from '../../src/windows/time.ts'
import { testWindow } from '../support/config.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const week = testWindow('week', 7 * DAY, 7 * DAY, 4 * DAY)

describe('panes', () => {
  it('are as wide as the gcd of size, step and offset', () => {
    expect(paneWidthMs(testWindow('hour', HOUR, 10 * MINUTE))).toBe(10 * MINUTE)
    expect(paneWidthMs(week)).toBe(DAY)
  })

  it('are shared by the windows that they tile', () => {
    const [shared, ...rest] = paneClasses([testWindow('minute', MINUTE), testWindow('hour', HOUR, 10 * MINUTE)])
    expect(rest).toEqual([])
    expect(shared).toMatchObject({ widthMs: MINUTE, maxSizeMs: HOUR })
  })

  it('are of a class of their own where sizes differ too much', () => {
    const classes = paneClasses([testWindow('minute', MINUTE), week])
    expect(classes.map(c => [c.widthMs, c.windows.map(w => w.name)])).toEqual([
      [MINUTE, ['minute']],
      [DAY, ['week']],
    ])
  })
})

describe('window ends', () => {
  // sliding, size 40, step 10:   0----10----20----30----40----50
  const sliding = testWindow('sliding', 40, 10)

  it('an event lies in the windows that end after it, and at most their size later', () => {
    expect(nextEndMs(sliding, 12)).toBe(20)
    expect(lastEndContainingMs(sliding, 12)).toBe(50)
    expect(nextEndMs(sliding, 20), 'an end is not in its window').toBe(30)
  })

  it('weeks begin on Monday', () => {
    const monday = Date.UTC(2026, 0, 5)
    expect(nextEndMs(week, monday)).toBe(monday + 7 * DAY)
    expect(nextEndMs(week, monday - 1)).toBe(monday)
  })

  it('the closing watermark closes the last window of every kind, late events included', () => {
    expect(closingWatermarkMs(paneClasses([testWindow('t', 10), sliding]), 12, 15)).toBe(65)
  })
})
