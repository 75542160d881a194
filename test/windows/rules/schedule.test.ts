import { describe, expect, test } from 'vitest'
import { adopt, type ScheduledPolicy, versionAt } from '../../../src/windows/rules/schedule.ts'
import { NO_TIME_MS } from '../../../src/windows/time.ts'

/*
 * fired through 100 when b came
 *   windows that begin at   90  -> a      100, 110 -> b
 */
describe('a schedule of policies', () => {
  test('judges a window by the policy in force where it begins', () => {
    const schedule: ScheduledPolicy[] = []
    expect(adopt(schedule, 'a', 40, 0)).toBe(true)
    expect(adopt(schedule, 'b', 100, 1000)).toBe(true)
    expect([NO_TIME_MS, 90, 100, 110].map(start => versionAt(schedule, start))).toEqual(['a', 'a', 'b', 'b'])
  })

  test('is left alone by the policy that is in force', () => {
    const schedule: ScheduledPolicy[] = []
    adopt(schedule, 'a', 40, 0)
    expect(adopt(schedule, 'a', 100, 0)).toBe(false)
    expect(schedule).toEqual([{ fromMs: NO_TIME_MS, version: 'a' }])
  })

  test('goes back to an earlier policy from the next window on, too', () => {
    const schedule: ScheduledPolicy[] = []
    for (const [version, at] of [
      ['a', 0],
      ['b', 100],
      ['a', 200],
    ] as const)
      adopt(schedule, version, at, 1000)
    expect([50, 150, 250].map(start => versionAt(schedule, start))).toEqual(['a', 'b', 'a'])
  })

  test('forgets what no window to come can need', () => {
    const schedule: ScheduledPolicy[] = []
    for (let i = 0; i < 10; i++) adopt(schedule, `v${i}`, i * 100, 250)
    expect(schedule.map(({ version }) => version)).toEqual(['v6', 'v7', 'v8', 'v9'])
    expect(versionAt(schedule, 650)).toBe('v6')
  })
})
