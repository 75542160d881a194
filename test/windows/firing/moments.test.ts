import { describe, expect, it } from 'vitest'
import { dueMoments, type ModelActivity } from '../../../src/windows/firing/moments.ts'
import { createPlans } from '../../../src/windows/plan.ts'
import { NO_TIME_MS } from '../../../src/windows/time.ts'
import { testConfig } from '../../support/config.ts'

const plan = createPlans(testConfig()).named[0]
const TIME = { allowedLatenessMs: 15, retireAfterMs: 0 }

const activity = (starts: readonly number[], lastDataMs: number | null = null): ModelActivity => ({
  model: 'm',
  plan,
  paneStartsMs: new Map([[10, starts]]),
  lastDataMs,
})

const drawn = (
  starts: readonly number[],
  afterMs: number,
  throughMs: number,
  time = TIME,
  lastDataMs: number | null = null,
): string[] =>
  dueMoments([activity(starts, lastDataMs)], afterMs, throughMs, time).map(
    m => `${m.dueMs}: ${m.window.name} to ${m.endMs} r${m.revision}`,
  )

describe('what is due', () => {
  it('comes in order of due time: revision 0 at the end of a window, revision 1 an allowed lateness later', () => {
    expect(drawn([0], NO_TIME_MS, 30)).toEqual([
      '10: sliding to 10 r0',
      '10: tumbling to 10 r0',
      '20: sliding to 20 r0',
      // no pane, and no series that speaks: what still fires is closed at its end
      '20: tumbling to 20 r0',
      '25: sliding to 10 r1',
      '25: tumbling to 10 r1',
      '30: sliding to 30 r0',
    ])
  })

  it('is the same whether it is asked for at once or bit by bit', () => {
    const starts = [0, 20, 30, 5_000_000]
    const at = [0, 7, 10, 33, 70, 4_999_999, 5_000_020, 5_000_100]
    const pieces = at.flatMap((ms, i) => drawn(starts, i === 0 ? NO_TIME_MS : at[i - 1], ms))
    expect(pieces).toEqual(drawn(starts, NO_TIME_MS, 5_000_100))
    expect(pieces.length, 'the long gap is stepped over').toBeLessThan(60)
  })

  it('goes on for series that fell silent, until they are retired', () => {
    const silent = drawn([0], NO_TIME_MS, 1000, { allowedLatenessMs: 0, retireAfterMs: 50 }).filter(line =>
      line.includes('tumbling'),
    )
    // at 60 the series is silent for 50; the one at 70 says nothing, and closes what still fires
    expect(silent).toEqual(['10', '20', '30', '40', '50', '60', '70'].map(end => `${end}: tumbling to ${end} r0`))
    expect(
      drawn([], 10, 1000, { allowedLatenessMs: 0, retireAfterMs: 50 }, 10).filter(line => line.includes('tumbling')),
    ).toEqual(silent.slice(1))
  })
})
