import { describe, expect, it } from 'vitest'
import { type PauseFacts, pauseReason } from '../../../src/roles/monitor/pausing.ts'
import type { PartitionMeta } from '../../../src/windows/store/port.ts'
import { NO_TIME_MS } from '../../../src/windows/time.ts'
import { metaAt } from '../../windows/store/samples.ts'

const HOUR = 3_600_000
const behind = (closedThroughMs: number): PartitionMeta => metaAt(0, { closedThroughMs, caughtUp: false })
const live = (closedThroughMs: number): PartitionMeta => metaAt(0, { closedThroughMs, caughtUp: true })

const reason = (partitions: readonly (PartitionMeta | null)[], facts: Partial<PauseFacts> = {}, firedThroughMs = 0) =>
  pauseReason(
    {
      partition: 0,
      watermarkMs: partitions[0]?.closedThroughMs ?? NO_TIME_MS,
      caughtUp: partitions[0]?.caughtUp ?? false,
      isOverMemory: false,
      isOverState: false,
      progress: { partitions, firedThroughMs, furthestFiredMs: firedThroughMs },
      ...facts,
    },
    { maxSkewMs: HOUR },
  )

describe('while old data are read', () => {
  it('a partition that leads the slowest by more than maxSkew waits', () => {
    expect(reason([behind(3 * HOUR), behind(2 * HOUR), behind(HOUR)])).toBe('skew')
    expect(reason([behind(2 * HOUR), behind(2 * HOUR), behind(HOUR)])).toBeNull()
  })

  it('the slowest waits for nobody', () => expect(reason([behind(0), behind(3 * HOUR)])).toBeNull())

  it('nobody waits for one that has nothing to read: caught up, idle, or never owned', () => {
    expect(reason([behind(3 * HOUR), live(0), metaAt(0, { closedThroughMs: 0, caughtUp: false, idle: true }), null])).toBeNull()
  })

  it('who is caught up reads what comes: it is live', () => expect(reason([live(3 * HOUR), behind(0)])).toBeNull())
})

describe('budgets', () => {
  it('reading pauses while the process holds too much in memory', () => {
    expect(reason([live(0)], { isOverMemory: true })).toBe('memory-budget')
  })

  it('reading pauses while too much is stored and firing does not come after', () => {
    expect(reason([live(100), live(100)], { isOverState: true }, 50)).toBe('state-budget')
    expect(reason([live(100), live(100)], { isOverState: false }, 50)).toBeNull()
  })

  it('but the partition that firing waits for reads on: else nothing would ever be freed', () => {
    expect(reason([live(100), live(500)], { isOverState: true }, 100)).toBeNull()
    expect(reason([live(500), live(100)], { isOverState: true }, 100)).toBe('state-budget')
  })
})
