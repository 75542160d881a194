import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { createShardPanes } from '../../../src/roles/monitor/shard-panes.ts'
import { encodePart } from '../../../src/windows/codec.ts'
import { EVENTS_CELL, emptyCells } from '../../../src/windows/layout.ts'
import { seriesKey } from '../../../src/windows/series.ts'
import type { PaneKey } from '../../../src/windows/store/port.ts'
import { NO_TIME_MS } from '../../../src/windows/time.ts'
import { testConfig } from '../../support/config.ts'
import { createTwins } from '../../support/twins.ts'
import { checkpoint } from '../../windows/store/samples.ts'

const shard = 0
const PANES: readonly PaneKey[] = [
  { startMs: 0, widthMs: 10, shard },
  { startMs: 10, widthMs: 10, shard },
  { startMs: 0, widthMs: 20, shard },
  { startMs: 20, widthMs: 10, shard },
  { startMs: 30, widthMs: 10, shard },
]

const stored = async () => {
  const { context } = await createTwins(testConfig())
  const { layout } = context.plans.named[0]
  const cells = emptyCells(layout)
  cells[EVENTS_CELL] = 1
  const bytes = encodePart({ asOf: 1, onTimeAsOf: 1, onTime: cells, late: null }, layout)
  const series = seriesKey({ model: 'm', version: '1', segment: {} })
  await context.store.partitions.claim(0, 'A')
  await context.store.partitions.checkpoint(0, checkpoint('A', 1, { sets: PANES.map(key => ({ key, series, bytes })) }))
  const panes = createShardPanes(context, { shard, logger: pino({ level: 'silent' }), signal: new AbortController().signal })
  return { panes, keys: await panes.keys(3, NO_TIME_MS, 40), bytes: bytes.length }
}

describe('panes of a shard', () => {
  test('are read up to a number of bytes, and then all that end together', async () => {
    const { panes, keys } = await stored()
    expect(keys).toEqual(PANES)
    expect(await panes.load(3, keys, 40, 1)).toBe(1)
    expect(await panes.load(3, keys.slice(1), 40, 1)).toBe(2)
    expect(panes.cache.size()).toBe(3)
  })

  test('that are held count for nothing: the next ones are read', async () => {
    const { panes, keys } = await stored()
    await panes.load(3, keys.slice(0, 3), 40, 1e9)
    const before = panes.cache.bytes()
    expect(await panes.load(3, keys, 40, 1)).toBe(5)
    expect(panes.cache.bytes()).toBeCloseTo((before / 3) * 5)
  })

  test('are all read where there is room', async () => {
    const { panes, keys } = await stored()
    expect(await panes.load(3, keys, 40, 1e9)).toBe(keys.length)
  })

  test('leave nothing behind when no window to come needs them', async () => {
    const { panes, keys } = await stored()
    await panes.load(3, keys, 40, 1e9)
    panes.cache.forget(1e6)
    expect([panes.cache.size(), panes.cache.bytes()]).toEqual([0, 0])
  })
})
