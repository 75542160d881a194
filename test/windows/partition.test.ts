import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTextInterner } from '../../src/events/interner.ts'
import { decodePart } from '../../src/windows/codec.ts'
import { createSeriesPane, paneId, type SeriesPane } from '../../src/windows/pane.ts'
import type { StoredPane } from '../../src/windows/pane-set.ts'
import { type CheckpointPlan, createPartitionWindows, type PartitionWindows } from '../../src/windows/partition.ts'
import { createPlans } from '../../src/windows/plan.ts'
import type { PaneEntry, PartitionMeta } from '../../src/windows/store/port.ts'
import { closingWatermarkMs, NO_TIME_MS } from '../../src/windows/time.ts'
import { columnsOf } from '../support/columns.ts'
import { testConfig, testModel, testTime, testWindow } from '../support/config.ts'

const BOUND = 8
const LATE = 15
const config = testConfig({
  time: testTime({ outOfOrdernessMs: BOUND, allowedLatenessMs: LATE }),
  models: [testModel({ windows: [testWindow('sliding', 40, 10), testWindow('wide', 600)] })],
})
const plans = createPlans(config)
const [plan] = plans.named
const TEXTS = createTextInterner()

type Event = Readonly<{ timeMs: number; latencyMs: number; version: string }>
type Stored = Readonly<{ meta: PartitionMeta | null; entries: ReadonlyMap<string, PaneEntry> }>

const EMPTY: Stored = { meta: null, entries: new Map() }

/** Event times that wander forward and now and then fall behind, beyond the bound and beyond the lateness too. */
const logs = fc
  .array(
    fc.record({
      step: fc.integer({ min: 0, max: 6 }),
      behind: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: BOUND }) }, fc.integer({ min: 0, max: 60 })),
      latencyMs: fc.double({ min: 0.1, max: 1e4, noNaN: true }),
      version: fc.constantFrom('1', '2'),
    }),
    { minLength: 1, maxLength: 120 },
  )
  .map(steps => {
    let t = 1000
    return steps.map(({ step, behind, latencyMs, version }): Event => {
      t += step
      return { timeMs: t - behind, latencyMs, version }
    })
  })

const entryId = ({ key, series }: PaneEntry): string => `${paneId(key)} ${series}`

/** As a process that claims the partition sees it. */
const open = ({ meta, entries }: Stored, maxBytes = 0): PartitionWindows => {
  const stored = new Map<string, StoredPane>()
  const panes: SeriesPane[] = []
  for (const { key, series, bytes } of entries.values()) {
    const decoded = decodePart(bytes, plan.layout)
    if (decoded.kind !== 'part') throw new Error(decoded.kind)
    const { asOf } = decoded.part
    const known = stored.get(paneId(key))
    stored.set(paneId(key), { key, asOf: Math.max(known?.asOf ?? 0, asOf), parts: (known?.parts ?? 0) + 1, bytes: 0 })
    panes.push({ ...createSeriesPane(key, series, plan), ...decoded.part, storedBytes: bytes.length })
  }
  return createPartitionWindows({
    plans,
    time: config.time,
    checkpoint: { intervalMs: 0, maxReplayMs: 1e9, maxBytes },
    limits: config.limits,
    shardOf: () => 0,
    startOffset: 0,
    restored: { meta, panes, stored: [...stored.values()] },
  })
}

const fold = (windows: PartitionWindows, log: readonly Event[], from: number, to: number): void =>
  windows.fold(
    columnsOf(
      log.slice(from, to).map((event, i) => ({ ...event, offset: from + i })),
      undefined,
      TEXTS,
    ),
  )

const checkpoint = (
  windows: PartitionWindows,
  nextOffset: number,
  everything: boolean,
  firedThroughMs = NO_TIME_MS,
): CheckpointPlan =>
  windows.planCheckpoint({
    nextOffset,
    fingerprint: undefined,
    nowMs: nextOffset,
    firedThroughMs,
    idle: false,
    caughtUp: false,
    everything,
  })

const store = ({ entries }: Stored, { meta, sets }: CheckpointPlan): Stored => ({
  meta,
  entries: new Map([...entries, ...sets.map(entry => [entryId(entry), entry] as const)]),
})

/** Everything that the whole log makes, in one batch. */
const uninterrupted = (log: readonly Event[]): Stored => {
  const windows = open(EMPTY)
  fold(windows, log, 0, log.length)
  return store(EMPTY, checkpoint(windows, log.length, true))
}

const readable = ({ meta, entries }: Stored) => ({
  ledger: meta?.restart.ledger,
  watermarkMs: meta?.restart.watermarkMs,
  closedThroughMs: meta?.closedThroughMs,
  panes: Object.fromEntries([...entries].map(([id, { bytes }]) => [id, Buffer.from(bytes).toString('hex')]).toSorted()),
})

describe('the windows of a partition are a function of its log', () => {
  it('however it is cut into batches: to the byte', () => {
    fc.assert(
      fc.property(logs, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (log, sizes) => {
        const windows = open(EMPTY)
        for (let at = 0, i = 0; at < log.length; i++) {
          const next = Math.min(log.length, at + sizes[i % sizes.length])
          fold(windows, log, at, next)
          at = next
        }
        expect(readable(store(EMPTY, checkpoint(windows, log.length, true)))).toEqual(readable(uninterrupted(log)))
      }),
    )
  })

  it('however often it is checkpointed in part, and begun again from where that left it: to the byte', () => {
    const steps = fc.array(
      fc.record({
        fold: fc.integer({ min: 0, max: 25 }),
        act: fc.constantFrom('nothing', 'checkpoint', 'checkpoint and crash', 'crash'),
      }),
      { minLength: 1, maxLength: 30 },
    )
    fc.assert(
      fc.property(logs, steps, fc.constantFrom(0, 200, 1e6), (log, all, maxBytes) => {
        let stored = EMPTY
        let windows = open(stored, maxBytes)
        let at = 0
        const restart = (): void => {
          windows = open(stored, maxBytes)
          at = Number(stored.meta?.restart.offset ?? 0n)
        }
        for (const step of all) {
          const next = Math.min(log.length, at + step.fold)
          fold(windows, log, at, next)
          at = next
          if (step.act.startsWith('checkpoint')) {
            const plan = checkpoint(windows, at, false)
            stored = store(stored, plan)
            windows.committed(plan)
          }
          if (step.act.endsWith('crash')) restart()
        }
        fold(windows, log, at, log.length)
        const whole = store(stored, checkpoint(windows, log.length, true))
        expect(readable(whole)).toEqual(readable(uninterrupted(log)))
      }),
    )
  })

  it('and of nothing in its order where nothing comes late: counts are the same', () => {
    const orderly = fc
      .array(fc.record({ timeMs: fc.integer({ min: 1000, max: 1200 }), key: fc.integer({ min: 0, max: BOUND }) }), {
        minLength: 1,
        maxLength: 80,
      })
      .map(events => {
        const of = (timeMs: number): Event => ({ timeMs, latencyMs: 1, version: '1' })
        const sorted = events.toSorted((a, b) => a.timeMs - b.timeMs).map(({ timeMs }) => of(timeMs))
        // each event is moved back by no more than the bound
        const shuffled = events.toSorted((a, b) => a.timeMs + a.key - (b.timeMs + b.key)).map(({ timeMs }) => of(timeMs))
        return { sorted, shuffled }
      })
    fc.assert(
      fc.property(orderly, ({ sorted, shuffled }) => {
        const [a, b] = [countsOf(uninterrupted(sorted)), countsOf(uninterrupted(shuffled))]
        expect(b).toEqual(a)
        expect(uninterrupted(shuffled).meta?.restart.ledger.late).toBe(0)
      }),
    )
  })
})

/** Pane and series to the asked cell of its on-time part: the events. */
const countsOf = ({ entries }: Stored): Record<string, number | undefined> =>
  Object.fromEntries(
    [...entries]
      .map(([id, { bytes }]) => {
        const decoded = decodePart(bytes, plan.layout)
        return [id, decoded.kind === 'part' ? decoded.part.onTime?.[0] : undefined] as const
      })
      .toSorted(),
  )

describe('watermark and ledger', () => {
  it('the watermark never falls, whatever comes: events, markers, raises', () => {
    const acts = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('event' as const), timeMs: fc.integer({ min: 0, max: 5000 }) }),
        fc.record({ kind: fc.constant('mark' as const), timeMs: fc.integer({ min: 0, max: 5000 }) }),
        fc.record({ kind: fc.constant('raise' as const), timeMs: fc.integer({ min: 0, max: 5000 }) }),
        fc.record({ kind: fc.constant('checkpoint' as const), timeMs: fc.constant(0) }),
      ),
    )
    fc.assert(
      fc.property(acts, all => {
        const windows = open(EMPTY)
        let offset = 0
        let [before, closed] = [windows.watermarkMs(), NO_TIME_MS]
        for (const { kind, timeMs } of all) {
          if (kind === 'event') {
            windows.fold(columnsOf([{ offset: offset++, timeMs, latencyMs: 1 }]))
            expect(windows.watermarkMs()).toBe(Math.max(before, timeMs - BOUND))
          } else if (kind === 'mark') {
            windows.mark(timeMs)
            offset++
            expect(windows.watermarkMs()).toBe(Math.max(before, closingWatermarkMs(plans.classes, timeMs, LATE)))
          } else if (kind === 'raise') {
            windows.raise(timeMs)
            expect(windows.watermarkMs()).toBe(Math.max(before, timeMs))
          } else {
            const { meta } = checkpoint(windows, offset, false)
            expect(meta.closedThroughMs).toBe(Math.max(closed, windows.watermarkMs()))
            closed = meta.closedThroughMs
          }
          before = windows.watermarkMs()
        }
      }),
    )
  })

  it('every event is somewhere, and in one place only: by definition of on time, late and too late', () => {
    fc.assert(
      fc.property(logs, log => {
        const expected = { late: 0, tooLate: 0 }
        let watermark = NO_TIME_MS
        for (const { timeMs } of log) {
          const ends = plan.classes.map(({ widthMs }) => (Math.floor(timeMs / widthMs) + 1) * widthMs)
          if (ends.every(end => end + LATE <= watermark)) expected.tooLate++
          else if (ends.every(end => end <= watermark || end + LATE <= watermark)) expected.late++
          watermark = Math.max(watermark, timeMs - BOUND)
        }
        const ledger = uninterrupted(log).meta?.restart.ledger
        expect(ledger).toEqual({
          read: log.length,
          inWindows: log.length - expected.tooLate,
          late: expected.late,
          tooLate: expected.tooLate,
          deadLettered: 0,
          skipped: 0,
        })
      }),
    )
  })
})

describe('what was fired is deleted', () => {
  const LONG_AFTER = 10_000
  const log = [1000, 1001, LONG_AFTER].map((timeMs): Event => ({ timeMs, latencyMs: 1, version: '1' }))

  it('by the checkpoint after the one that knew of it: if a store goes back behind the firing, that one is gone, too', () => {
    const windows = open(EMPTY)
    fold(windows, log, 0, log.length)
    const before = checkpoint(windows, log.length, true)
    windows.committed(before)
    const knows = checkpoint(windows, log.length, true, LONG_AFTER)
    expect([knows.deletes, knows.meta.deletedThroughMs]).toEqual([[], NO_TIME_MS])
    windows.committed(knows)
    const after = checkpoint(windows, log.length, true, LONG_AFTER + 5)
    expect(after.deletes.map(({ startMs }) => startMs)).toEqual([1000])
    expect(after.meta.deletedThroughMs).toBe(LONG_AFTER)
  })

  it('not while the checkpoint that knew of it is not known to be stored', () => {
    const windows = open(EMPTY)
    fold(windows, log, 0, log.length)
    checkpoint(windows, log.length, true, LONG_AFTER)
    expect(checkpoint(windows, log.length, true, LONG_AFTER).deletes).toEqual([])
  })
})
