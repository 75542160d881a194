import { describe, expect, it } from 'vitest'
import { closingOf } from '../../../src/roles/monitor/closing.ts'
import { NO_TIME_MS } from '../../../src/windows/time.ts'
import { metaAt } from '../../windows/store/samples.ts'

const closed = (closedThroughMs: number, gaps: readonly { fromMs: number; toMs: number | null }[] = []) =>
  metaAt(0, { closedThroughMs, gaps })

describe('what all partitions together have closed', () => {
  it('is what the slowest has', () => expect(closingOf([closed(30), closed(20)], true).closedThroughMs).toBe(20))

  it('is nothing while a partition was never owned', () => {
    const closing = closingOf([closed(30), null], true)
    expect(closing.closedThroughMs).toBe(NO_TIME_MS)
    expect(closing.unowned).toEqual([1])
  })

  it('leaves out the one that was never owned when it is waited for no longer; then no window is complete', () => {
    const closing = closingOf([closed(30), null], false)
    expect(closing.closedThroughMs).toBe(30)
    expect(closing.isComplete(0, 10)).toBe(false)
  })

  it('is nothing where nothing is known', () => expect(closingOf([null, null], false).closedThroughMs).toBe(NO_TIME_MS))

  /*
   * partition 1 misses events between 15 and 25
   *   [0 .. 10)  [10 .. 20)  [20 .. 30)  [30 .. 40)
   *    complete      -           -        complete
   */
  it('windows that touch a gap of any partition are incomplete', () => {
    const { isComplete } = closingOf([closed(50), closed(50, [{ fromMs: 15, toMs: 25 }])], true)
    expect([0, 10, 20, 30].map(start => isComplete(start, start + 10))).toEqual([true, false, false, true])
  })

  it('a gap whose end is not known reaches on', () => {
    const { isComplete } = closingOf([closed(50, [{ fromMs: 15, toMs: null }])], true)
    expect([0, 10, 90].map(start => isComplete(start, start + 10))).toEqual([true, false, false])
  })
})
