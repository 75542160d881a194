import { describe, expect, it } from 'vitest'
import { createPace, parseSpeed, type Speed } from '../../src/demo/pace.ts'

/** A clock that only sleeping moves. */
const world = (startMs: number, speed: Speed) => {
  let nowMs = 1000
  const slept: number[] = []
  const pace = createPace(startMs, speed, {
    now: () => nowMs,
    sleep: async ms => {
      slept.push(ms)
      nowMs += ms
    },
  })
  return { pace, slept, pass: (ms: number) => (nowMs += ms) }
}

describe('pacing', () => {
  it('lets a simulated day last forty seconds', async () => {
    const { pace, slept } = world(0, { kind: 'times', factor: 2160 })
    await pace.until(12 * 3_600_000)
    await pace.until(24 * 3_600_000)
    expect(slept).toEqual([20_000, 20_000])
  })

  it('answers at once, without a promise, when an event is due', () => {
    const { pace, pass } = world(0, { kind: 'times', factor: 1000 })
    pass(5)
    expect(pace.until(4000)).toBeUndefined()
  })

  it('catches up after a slow moment instead of adding it', async () => {
    const { pace, slept, pass } = world(0, { kind: 'times', factor: 1000 })
    await pace.until(10_000)
    pass(30)
    await pace.until(20_000)
    await pace.until(50_000)
    expect(slept).toEqual([10, 0, 10])
  })

  it('never waits at full speed, but gives other tasks a turn every few ms', async () => {
    const { pace, slept, pass } = world(0, { kind: 'max' })
    expect(pace.until(86_400_000)).toBeUndefined()
    pass(8)
    await pace.until(86_400_001)
    expect(pace.until(86_400_002)).toBeUndefined()
    expect(slept).toEqual([0])
  })
})

describe('--speed', () => {
  it.each([
    ['max', { kind: 'max' }],
    ['2160', { kind: 'times', factor: 2160 }],
    ['60x', { kind: 'times', factor: 60 }],
    ['0.5', { kind: 'times', factor: 0.5 }],
  ] as const)('takes %s', (text, speed) => {
    expect(parseSpeed(text)).toEqual(speed)
  })

  it.each(['', 'fast', '0', '-1', '1e9', 'Infinity', '60 x'])('refuses %o', text => {
    expect(parseSpeed(text)).toBeNull()
  })
})
