import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import type { Config } from '../../../src/config/config.ts'
import type { Log } from '../../../src/consumers/log.ts'
import { testConfig, testModel, testTime, testWindow } from '../../support/config.ts'
import { createRig, emptyAt, type Rig, until } from './rig.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const configured = (time: Partial<Config['time']>, fetchMaxBytes = 1 << 20): Config =>
  testConfig({
    kafka: { ...testConfig().kafka, partitions: 2, fetchMaxBytes },
    time: testTime({ outOfOrdernessMs: 0, allowedLatenessMs: 0, retireAfterMs: 0, ...time }),
    checkpoint: { intervalMs: 5, maxReplayMs: 30_000, maxBytes: 1 << 20 },
    models: [testModel({ windows: [testWindow('hour', HOUR)] })],
  })

let rig: Rig | undefined
afterEach(() => rig?.close())

const fired = ({ results }: Rig) =>
  results
    .filter(({ version }) => version === '1')
    .map(({ start, samples, complete }) => `${start / HOUR}: ${samples} ${complete ? 'complete' : 'incomplete'}`)

const metaOf = async ({ store }: Rig, partition: number) => (await store.partitions.progress(2))[partition]

describe('two partitions with clocks hours apart', () => {
  it('keep their windows right while the slow one is waited for', async () => {
    const on = await createRig(configured({}))
    rig = on
    await on.start()
    // partition 0 is three hours ahead all the time
    for (let hour = 0; hour < 6; hour++) {
      await on.publish(0, [{ time: (hour + 3) * HOUR }, { time: (hour + 3) * HOUR + 1 }])
      await on.publish(1, [{ time: hour * HOUR }])
    }
    await until(() => fired(on).length >= 5)
    expect(fired(on)).toEqual(['0: 1 complete', '1: 1 complete', '2: 1 complete', '3: 3 complete', '4: 3 complete'])
    const ledgers = [(await metaOf(on, 0))?.restart.ledger, (await metaOf(on, 1))?.restart.ledger]
    expect(ledgers.map(ledger => ledger?.tooLate)).toEqual([0, 0])
  })

  it('the slow one holds nobody for longer than maxHold; its events are counted as too late then, and it is named', async () => {
    const on = await createRig(configured({ maxHoldMs: 60 }))
    rig = on
    const process = await on.start()
    await on.publish(0, [{ time: 3 * HOUR }, { time: 4 * HOUR }])
    await on.publish(1, [{ time: 0 }])
    let published = 1
    // both go on, so that neither is idle
    await until(async () => {
      await on.publish(1, [{ time: published++ }])
      await on.publish(0, [{ time: 4 * HOUR + published }])
      return fired(on).length >= 2
    })
    expect(fired(on)[0]).toMatch(/^0: \d+ complete$/)
    expect(fired(on)[1]).toBe('3: 1 complete')
    await until(async () => {
      await on.publish(1, [{ time: published++ }])
      return ((await metaOf(on, 1))?.restart.ledger.tooLate ?? 0) > 0
    })
    expect(
      await process.metric('tidemark_process_watermark_raised_total{topic="predictions",partition="1",reason="max-hold"}'),
    ).toHaveLength(1)
    expect(await process.metric('tidemark_process_too_late_events_total{model="m",version="1"}')).toHaveLength(1)
    expect(process.logs.join('')).toContain('it is waited for no longer')
  })
})

describe('a backfill of a month', () => {
  it('a partition that leads by more than maxSkew waits for the one that has more to read; no window closes early', async () => {
    // small answers: a partition is ahead by some hours of events, not by all of them
    const config = configured({ maxSkewMs: 3 * HOUR, maxHoldMs: 20, idleTimeoutMs: 1e9 }, 2_000)
    const on = await createRig(config)
    rig = on
    const hours = Array.from({ length: 30 * 24 }, (_, hour) => hour)
    for (const partition of [0, 1])
      await on.publish(
        partition,
        hours.map(hour => ({ time: hour * HOUR })),
      )
    await on.end(720 * HOUR - 1, [0, 1])
    const isClosed = async (partition: number, offset: number) =>
      offset <= 0 || ((await metaOf(on, partition))?.closedThroughMs ?? 0) >= offset * HOUR
    let furthestLeadMs = 0
    const process = await on.start({
      log: (log): Log => ({
        ...log,
        reader: async at => {
          const reader = await log.reader(at)
          return {
            ...reader,
            fetch: async offset => {
              // the fast one reads no faster than it checkpoints, the slow one has a slow disk
              await systemClock.sleep(at.partition === 0 ? 1 : 5)
              if (at.partition === 0 && !((await metaOf(on, 1)) !== null && (await isClosed(0, offset - 60))))
                return emptyAt(offset, hours.length)
              const [ahead, behind] = [await metaOf(on, 0), await metaOf(on, 1)]
              if (ahead && behind) furthestLeadMs = Math.max(furthestLeadMs, ahead.closedThroughMs - behind.closedThroughMs)
              return reader.fetch(offset)
            },
          }
        },
      }),
    })
    await until(() => fired(on).length >= 720)
    expect(fired(on)).toEqual(hours.map(hour => `${hour}: 2 complete`))
    expect((await process.metric('tidemark_process_partition_paused{')).some(line => line.includes('reason="skew"'))).toBe(true)
    expect(furthestLeadMs).toBeGreaterThan(0)
    expect(furthestLeadMs).toBeLessThan(200 * HOUR)
  })
})
