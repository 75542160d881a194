import { describe, expect, it } from 'vitest'
import { createRaising, idleTarget } from '../../../src/roles/monitor/raising.ts'
import type { PartitionMeta } from '../../../src/windows/store/port.ts'
import { NO_TIME_MS } from '../../../src/windows/time.ts'
import { metaAt } from '../../windows/store/samples.ts'

const meta = (closedThroughMs: number, idle: boolean): PartitionMeta => metaAt(0, { closedThroughMs, idle })

describe('an idle partition raises its watermark', () => {
  it('to the furthest live partition', () => {
    expect(idleTarget([meta(500, false), meta(300, false), meta(900, true)], { watermarkMs: 100, idleForMs: 10_000 })).toBe(500)
  })

  it('by the wall time gone when all are idle, never to now: old data would all be late', () => {
    expect(idleTarget([meta(200, true)], { watermarkMs: 1000, idleForMs: 50 })).toBe(1050)
  })

  it('as far as any other got when it never had an event', () => {
    expect(idleTarget([meta(700, true), null], { watermarkMs: NO_TIME_MS, idleForMs: 50 })).toBe(700)
  })

  it('not at all when nobody knows of any event', () => {
    expect(idleTarget([null, null], { watermarkMs: NO_TIME_MS, idleForMs: 50 })).toBe(NO_TIME_MS)
  })
})

/*
 * wall time   0 ─────────── 30 s ── idle ──>
 */
describe('when a partition waits no longer', () => {
  const time = { idleTimeoutMs: 30_000, maxHoldMs: 600_000 }
  const fresh = () => createRaising(time, { idle: false, watermarkMs: 1000, nowMs: 0 })
  const alone = { watermarkMs: 1000, caughtUp: true, others: [meta(5000, false)] }

  it('it is idle once it was silent for the idle timeout', () => {
    const raising = fresh()
    expect(raising.decide({ nowMs: 29_999, ...alone })).toEqual({ kind: 'none' })
    expect(raising.isIdle()).toBe(false)
    expect(raising.decide({ nowMs: 30_000, ...alone })).toEqual({ kind: 'raise', reason: 'idle', toMs: 5000 })
    expect(raising.isIdle()).toBe(true)
    expect(raising.decide({ nowMs: 30_100, ...alone, watermarkMs: 5000 })).toEqual({ kind: 'none' })
  })

  it('records end idleness, and silence begins anew', () => {
    const raising = fresh()
    raising.decide({ nowMs: 30_000, ...alone })
    raising.heard(40_000)
    expect(raising.isIdle()).toBe(false)
    expect(raising.decide({ nowMs: 60_000, ...alone, watermarkMs: 5000 })).toEqual({ kind: 'none' })
  })

  it('what it has not read, or an open transaction hides, is no silence', () => {
    const raising = fresh()
    expect(raising.decide({ nowMs: 50_000, ...alone, caughtUp: false })).toEqual({ kind: 'none' })
    expect(raising.decide({ nowMs: 60_000, ...alone })).toEqual({ kind: 'none' })
    expect(raising.decide({ nowMs: 80_000, ...alone })).toMatchObject({ kind: 'raise' })
  })

  it('idle when it was claimed: windows go on closing by the wall time gone', () => {
    const raising = createRaising(time, { idle: true, watermarkMs: 1000, nowMs: 0 })
    const all = { watermarkMs: 1000, caughtUp: true, others: [meta(900, true)] }
    expect(raising.decide({ nowMs: 30_000, ...all })).toEqual({ kind: 'raise', reason: 'idle', toMs: 31_000 })
    expect(raising.decide({ nowMs: 90_000, ...all, watermarkMs: 31_000 })).toMatchObject({ toMs: 91_000 })
  })

  /*
   * others'  5000 at 0 s         9000 at 300 s          the slow clock stands at 1000
   * raised to                             5000 at 600 s          9000 at 900 s
   */
  it('a slow clock holds nothing for longer than maxHold', () => {
    const raising = fresh()
    const at = (nowMs: number, othersMs: number, watermarkMs = 1000) => {
      raising.heard(nowMs)
      return raising.decide({ nowMs, watermarkMs, caughtUp: true, others: [meta(othersMs, false)] })
    }
    expect(at(0, 5000)).toEqual({ kind: 'none' })
    expect(at(300_000, 9000)).toEqual({ kind: 'none' })
    expect(at(599_999, 9000)).toEqual({ kind: 'none' })
    expect(at(600_000, 9000)).toEqual({ kind: 'raise', reason: 'max-hold', toMs: 5000 })
    expect(at(610_000, 9000, 5000)).toEqual({ kind: 'none' })
    expect(at(900_000, 9000, 5000)).toEqual({ kind: 'raise', reason: 'max-hold', toMs: 9000 })
  })

  it('a clock that is hours behind but runs is waited for, if maxHold is longer', () => {
    const raising = createRaising(
      { idleTimeoutMs: 30_000, maxHoldMs: 3 * 3_600_000 + 1 },
      { idle: false, watermarkMs: 0, nowMs: 0 },
    )
    const lagMs = 3 * 3_600_000
    for (let nowMs = 0; nowMs < 10 * 3_600_000; nowMs += 60_000) {
      raising.heard(nowMs)
      const others = [meta(nowMs + lagMs, false)]
      expect(raising.decide({ nowMs, watermarkMs: nowMs, caughtUp: true, others }), `${nowMs}`).toEqual({ kind: 'none' })
    }
  })

  it('a partition that still reads what is there is waited for, however long', () => {
    const raising = fresh()
    for (let nowMs = 0; nowMs < 3_600_000; nowMs += 60_000) {
      raising.heard(nowMs)
      expect(raising.decide({ nowMs, ...alone, caughtUp: false })).toEqual({ kind: 'none' })
    }
  })

  it('idle partitions hold nobody, and are held by nobody', () => {
    const raising = fresh()
    for (let nowMs = 0; nowMs <= 1_200_000; nowMs += 10_000) {
      raising.heard(nowMs)
      expect(raising.decide({ nowMs, watermarkMs: 1000, caughtUp: true, others: [meta(9000, true), null] })).toEqual({
        kind: 'none',
      })
    }
  })
})
