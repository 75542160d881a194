import { describe, expect, it } from 'vitest'
import { idleTarget } from '../../../src/roles/monitor/idle.ts'
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
