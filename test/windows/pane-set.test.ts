import { describe, expect, test } from 'vitest'
import { createTextInterner } from '../../src/events/interner.ts'
import { shardOf } from '../../src/windows/hash.ts'
import { paneId } from '../../src/windows/pane.ts'
import { createPartitionWindows } from '../../src/windows/partition.ts'
import { createPlans } from '../../src/windows/plan.ts'
import { NO_TIME_MS } from '../../src/windows/time.ts'
import { columnsOf } from '../support/columns.ts'
import { testConfig, testTime } from '../support/config.ts'
import { createRandom, type Random } from '../support/random.ts'

type Event = Readonly<{ timeMs: number; latencyMs: number; version: string }>

const config = testConfig({ time: testTime({ outOfOrdernessMs: 8, allowedLatenessMs: 40 }) })
const plans = createPlans(config)

const randomEvents = (random: Random): readonly Event[] => {
  let timeMs = 0
  return Array.from({ length: 200 + random.below(300) }, () => {
    timeMs += random.pick([0, 0, 1, 2, 7])
    return {
      timeMs: Math.max(0, timeMs - (random.uniform() < 0.2 ? random.below(40) : 0)),
      latencyMs: random.uniform() * 1000,
      version: random.pick(['v1', 'v1', 'v1', 'v2', 'v3']),
    }
  })
}

/** What the store has at the end, as hex; with `looks` checkpoints at most after each batch of events. */
const storedBy = (
  events: readonly Event[],
  random: Random,
  looks: number,
): Readonly<{ stored: Map<string, string>; packed: number }> => {
  const windows = createPartitionWindows({
    plans,
    time: config.time,
    checkpoint: config.checkpoint,
    limits: config.limits,
    shardOf: model => shardOf(model, 1),
    startOffset: 0,
    restored: { meta: null, panes: [], stored: [] },
  })
  const texts = createTextInterner()
  const stored = new Map<string, string>()
  let packed = 0
  let offset = 0
  let nowMs = 0
  const checkpoint = (everything: boolean): void => {
    const options = { fingerprint: undefined, nowMs, firedThroughMs: NO_TIME_MS, idle: false, caughtUp: false }
    nowMs += random.below(10_000)
    const plan = windows.planCheckpoint({ ...options, nextOffset: offset, everything })
    for (const { key, series, bytes } of plan.sets) stored.set(`${paneId(key)} ${series}`, Buffer.from(bytes).toString('hex'))
    const cellBytes = 8 * plans.named[0].layout.size
    if (windows.usage().openBytes % cellBytes !== 0) packed++
    windows.committed(plan)
  }
  while (offset < events.length) {
    const batch = events.slice(offset, offset + 1 + random.below(12))
    windows.fold(
      columnsOf(
        batch.map((event, i) => ({ ...event, offset: offset + i })),
        plans.dictionary,
        texts,
      ),
    )
    offset += batch.length
    for (let look = random.below(looks + 1); look > 0; look--) checkpoint(random.uniform() < 0.1)
  }
  checkpoint(true)
  return { stored, packed }
}

describe('what a partition stores', () => {
  test('is the same bytes whether its panes were packed and unpacked, freed and their cells used again, or never left alone', () => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    for (let i = 0; i < 40; i++) {
      const events = randomEvents(createRandom(seed + i))
      const left = storedBy(events, createRandom(seed + i), 0)
      const disturbed = storedBy(events, createRandom(seed + i + 1_000_000), 5)
      expect(disturbed.packed, `seed ${seed + i}`).toBeGreaterThan(0)
      expect(left.packed, `seed ${seed + i}`).toBe(0)
      expect(disturbed.stored, `seed ${seed + i}`).toEqual(left.stored)
    }
  })
})
