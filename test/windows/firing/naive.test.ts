import fc from 'fast-check'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { claimShard } from '../../../src/roles/monitor/shard-session.ts'
import { EVENTS_CELL, emptyCells } from '../../../src/windows/layout.ts'
import type { Measure } from '../../../src/windows/measure.ts'
import { createPlans } from '../../../src/windows/plan.ts'
import { columnsOf } from '../../support/columns.ts'
import { testConfig, testModel, testTime, testWindow } from '../../support/config.ts'
import { openPartition } from '../../support/partition.ts'
import { createRandom } from '../../support/random.ts'
import { createTwins } from '../../support/twins.ts'

const SIZES = { small: 10, tumbling: 40, sliding: 60, wide: 80 } as const
const config = testConfig({
  time: testTime({ outOfOrdernessMs: 0, allowedLatenessMs: 0, retireAfterMs: 0 }),
  kafka: { ...testConfig().kafka, partitions: 2 },
  models: [
    testModel({
      windows: [testWindow('small', 10), testWindow('tumbling', 40), testWindow('sliding', 60, 20), testWindow('wide', 80, 10)],
    }),
  ],
})
const [plan] = createPlans(config).named

type Event = Readonly<{ timeMs: number; latencyMs: number }>

/** One pane as wide as the window, filled with what lies in it. */
const naive = (events: readonly Event[], sizeMs: number): readonly Measure[] => {
  const cells = emptyCells(plan.layout)
  const rows = Int32Array.from(events.keys())
  const columns = columnsOf(events.map((event, offset) => ({ ...event, offset })))
  cells[EVENTS_CELL] = events.length
  plan.layout.aggregates.forEach((aggregate, i) => {
    aggregate.observe(cells, plan.layout.starts[i], columns, rows, rows.length)
  })
  return plan.layout.aggregates.flatMap((aggregate, i) => aggregate.summarize(cells, plan.layout.starts[i], sizeMs))
}

const log = fc
  .array(fc.record({ step: fc.integer({ min: 0, max: 12 }), latencyMs: fc.double({ min: 0.5, max: 5_000, noNaN: true }) }), {
    minLength: 1,
    maxLength: 60,
  })
  .map(steps => {
    let timeMs = 1_000
    return steps.map(({ step, latencyMs }): Event => {
      timeMs += step
      return { timeMs, latencyMs }
    })
  })

/** What two partitions of events become, through panes, the store and firing. */
const fired = async (logs: readonly (readonly Event[])[]) => {
  const { context, results } = await createTwins(config)
  const partitions = await Promise.all(logs.map((events, p) => openPartition(context, p, events, createRandom(1))))
  for (const [p, partition] of partitions.entries()) {
    await partition.fold(logs[p].length)
    await partition.checkpoint()
  }
  const stopping = new AbortController()
  const { signal } = stopping
  const shard = await claimShard(context, { shard: partitions[0].shard, token: 't', logger: pino({ level: 'silent' }), signal })
  await shard.round()
  stopping.abort()
  await shard.close()
  return results.filter(({ version }) => version === '*')
}

const expectClose = (said: Measure, exact: Measure, where: string): void => {
  expect([said.metric, said.subject, said.status, said.n], where).toEqual([exact.metric, exact.subject, exact.status, exact.n])
  if (said.value === null || exact.value === null) expect(said.value, where).toBe(exact.value)
  else
    expect(Math.abs(said.value - exact.value), `${where} ${said.metric}`).toBeLessThanOrEqual(
      1e-9 * Math.max(1, Math.abs(exact.value)),
    )
}

it('every window of any kind measures what its own events measure in one pane, whatever they were cut into', async () => {
  await fc.assert(
    fc.asyncProperty(log, log, async (a, b) => {
      const all = [...a, ...b]
      const results = await fired([a, b])
      for (const { window, start, end, samples, measures } of results) {
        const sizeMs = SIZES[window as keyof typeof SIZES]
        expect(end - start).toBe(sizeMs)
        const own = all.filter(({ timeMs }) => timeMs >= start && timeMs < end)
        expect(samples, `${window} ${start}`).toBe(own.length)
        const exact = naive(own, sizeMs)
        expect(measures.length).toBe(exact.length)
        for (const [i, measure] of measures.entries()) expectClose(measure, exact[i], `${window} ${start}`)
      }
      // and no event is missing in any kind of window
      for (const [window, overlap] of Object.entries({ small: 1, tumbling: 1, sliding: 3, wide: 8 }))
        expect(results.filter(result => result.window === window).reduce((sum, { samples }) => sum + samples, 0)).toBe(
          overlap * all.length,
        )
    }),
    { numRuns: 60 },
  )
})
