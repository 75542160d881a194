import { describe, expect, test } from 'vitest'
import { fireMoment } from '../../../src/windows/firing/fire.ts'
import { freezePane, type PartitionPart } from '../../../src/windows/firing/frozen-panes.ts'
import type { Moment } from '../../../src/windows/firing/moments.ts'
import { createNodes } from '../../../src/windows/firing/node-cache.ts'
import { parseRegistry } from '../../../src/windows/firing/registry.ts'
import { EVENTS_CELL, emptyCells } from '../../../src/windows/layout.ts'
import { createScratch } from '../../../src/windows/merge.ts'
import { packCells } from '../../../src/windows/packed-cells.ts'
import { createPlans } from '../../../src/windows/plan.ts'
import { seriesKey } from '../../../src/windows/series.ts'
import type { WindowResult } from '../../../src/windows/window-result.ts'
import { columnsOf } from '../../support/columns.ts'
import { testConfig, testTime } from '../../support/config.ts'

const config = testConfig({
  time: testTime({ outOfOrdernessMs: 0, allowedLatenessMs: 15, idleTimeoutMs: 1e9, maxFutureMs: 1e9, retireAfterMs: 0 }),
})
const [plan] = createPlans(config).named
const [paneClass] = plan.classes
const sliding = plan.config.windows[1]

const cellsOf = (latenciesMs: readonly number[]): PartitionPart['onTime'] => {
  if (latenciesMs.length === 0) return null
  const cells = emptyCells(plan.layout)
  const rows = Int32Array.from(latenciesMs.keys())
  const columns = columnsOf(latenciesMs.map((latencyMs, i) => ({ timeMs: 0, latencyMs, offset: i })))
  cells[EVENTS_CELL] = rows.length
  plan.layout.aggregates.forEach((aggregate, i) => {
    aggregate.observe(cells, plan.layout.starts[i], columns, rows, rows.length)
  })
  return packCells(cells, plan.layout.identities)
}

/** Latencies, ms, of a version in a pane. */
type Part = Readonly<{ pane: number; version: string; onTime?: readonly number[]; late?: readonly number[] }>

/** The window 0..40 over panes of 10, revision `revision`: version to its count and largest latency. */
const fired = (revision: 0 | 1, parts: readonly Part[]): Record<string, readonly (number | null)[]> => {
  const panes = new Map(
    [0, 1, 2, 3].map(pane => {
      const key = { startMs: pane * 10, widthMs: 10, shard: 0 }
      const own = parts
        .filter(part => part.pane === pane)
        .map(({ version, onTime = [], late = [] }): PartitionPart => {
          const series = seriesKey({ model: 'm', version, segment: {} })
          return { partition: 0, series, asOf: 1, onTimeAsOf: 1, onTime: cellsOf(onTime), late: cellsOf(late) }
        })
      return [pane, freezePane(key, own, plan, true, createScratch())]
    }),
  )
  const moment: Moment = { dueMs: 40, model: 'm', plan, paneClass, window: sliding, endMs: 40, revision }
  const fired = fireMoment(moment, {
    time: config.time,
    policyAt: () => ({ version: 'p', rules: [] }),
    panesOf: () => ({ byIndex: panes, nodes: createNodes(), scratch: createScratch(), leafScratch: createScratch() }),
    registry: parseRegistry(null),
    rules: { get: () => undefined, set: () => {} },
    isComplete: () => true,
  })
  const said = ({ measures }: WindowResult, name: string) => measures.find(({ metric }) => metric === name)?.value ?? null
  const results = [...fired].flatMap(part => part.results)
  return Object.fromEntries(results.map(r => [r.version, [said(r, 'count'), said(r, 'latency_max_ms')]]))
}

describe('a window says of all versions merged (*) and of each', () => {
  test('the same where there is one', () => {
    expect(
      fired(0, [
        { pane: 0, version: 'v1', onTime: [5, 7] },
        { pane: 3, version: 'v1', onTime: [6] },
      ]),
    ).toEqual({ '*': [3, 7], v1: [3, 7] })
  })

  test('its own where there are several, in one pane or in different ones', () => {
    expect(
      fired(0, [
        { pane: 0, version: 'v1', onTime: [5, 7] },
        { pane: 0, version: 'v2', onTime: [9] },
        { pane: 2, version: 'v3', onTime: [1, 1, 1] },
      ]),
    ).toEqual({ '*': [6, 9], v1: [2, 7], v2: [1, 9], v3: [3, 1] })
  })

  test('nothing of a version that has only late events, which come with the revision', () => {
    const parts: readonly Part[] = [
      { pane: 3, version: 'v1', onTime: [5] },
      { pane: 3, version: 'v2', late: [8] },
    ]
    expect(fired(0, parts)).toEqual({ '*': [1, 5], v1: [1, 5] })
    expect(fired(1, parts)).toEqual({ '*': [2, 8], v2: [1, 8] })
  })
})
