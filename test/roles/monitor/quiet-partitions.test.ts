import { afterEach, describe, expect, it } from 'vitest'
import type { Config } from '../../../src/config/config.ts'
import type { Log } from '../../../src/consumers/log.ts'
import { testConfig, testModel, testTime, testWindow } from '../../support/config.ts'
import { fired, MINUTE, minutes, onPartitions } from './minutes.ts'
import { createRig, type Rig, until } from './rig.ts'

const configured = (time: Partial<Config['time']>, windowMs = MINUTE): Config =>
  testConfig({
    ...onPartitions(2),
    time: testTime({ outOfOrdernessMs: 0, allowedLatenessMs: 0, retireAfterMs: 0, ...time }),
    checkpoint: { intervalMs: 5, maxReplayMs: 30_000, maxBytes: 1 << 20 },
    models: [testModel({ windows: [testWindow('w', windowMs)] })],
  })

let rig: Rig | undefined
afterEach(() => rig?.close())

const metaOf = async ({ store }: Rig, partition: number) => (await store.partitions.progress(2))[partition]

/** A group that gives this process these partitions and nobody the others. */
const owning =
  (...partitions: readonly number[]) =>
  (log: Log): Log => ({
    ...log,
    membership: options => {
      const membership = log.membership(options)
      return {
        ...membership,
        start: listener =>
          membership.start({
            ...listener,
            onAssigned: (assigned, generation) =>
              listener.onAssigned(
                assigned.filter(p => partitions.includes(p)),
                generation,
              ),
          }),
      }
    },
  })

describe('a partition that is silent', () => {
  it('holds nobody once it is idle, and takes events again when they come', async () => {
    const on = await createRig(configured({ idleTimeoutMs: 40 }))
    rig = on
    const process = await on.start()
    await on.publish(0, minutes(0))
    await on.publish(1, minutes(0))
    await until(async () => (await metaOf(on, 0))?.caughtUp === true)
    // only partition 0 goes on
    for (let minute = 1; minute <= 3; minute++) await on.publish(0, minutes(minute))
    await until(() => fired(on).length >= 3)
    expect(fired(on)).toEqual(['0: 20 complete', '1: 10 complete', '2: 10 complete'])
    expect((await metaOf(on, 1))?.idle).toBe(true)
    expect(
      await process.metric('tidemark_process_watermark_raised_total{topic="predictions",partition="1",reason="idle"}'),
    ).toHaveLength(1)
    await on.publish(1, minutes(4))
    await on.publish(0, minutes(4, 5))
    await on.end(5 * MINUTE, [0, 1])
    await until(() => fired(on).some(line => line.startsWith('5')))
    expect(fired(on).slice(3, 5)).toEqual(['3: 10 complete', '4: 20 complete'])
  })

  it('is idle still after a restart', async () => {
    const on = await createRig(configured({ idleTimeoutMs: 20 }))
    rig = on
    const process = await on.start()
    await on.publish(0, minutes(0))
    await until(async () => (await metaOf(on, 1))?.idle === true)
    await process.stop()
    await on.start({ config: configured({ idleTimeoutMs: 1e9 }) })
    await on.publish(0, minutes(1))
    await until(async () => (await metaOf(on, 0))?.idle === false)
    expect((await metaOf(on, 1))?.idle).toBe(true)
  })

  it('all of them: windows close as time goes by, empty for a series until it is retired', async () => {
    const on = await createRig(configured({ idleTimeoutMs: 10, retireAfterMs: 50 }, 10))
    rig = on
    await on.start()
    // |e    |     |     |     |     |     |        one event, then nothing: the window closes, five empty ones, the end
    await on.publish(0, [{ time: 1_000_000 }])
    await until(() => on.results.filter(({ version }) => version === '1').length >= 6)
    const closed = async () => (await metaOf(on, 0))?.closedThroughMs ?? 0
    await until(async () => (await closed()) > 1_000_120)
    await until(async () => ((await on.store.shards.firedThrough(2)).at(0) ?? 0) > 1_000_120)
    expect(on.results.filter(({ version }) => version === '1').map(({ samples }) => samples)).toEqual([1, 0, 0, 0, 0, 0])
  })
})

describe('a partition that no process ever owned', () => {
  it('holds windows until the startup grace is over; then they leave, incomplete', async () => {
    const on = await createRig(configured({ startupGraceMs: 60 }))
    rig = on
    const process = await on.start({ log: owning(0) })
    await on.publish(0, minutes(0, 1, 2))
    await on.publish(1, minutes(0, 1, 2))
    await until(async () =>
      (await process.metric('tidemark_process_shard_paused{')).some(line => line.includes('startup') && line.endsWith(' 1')),
    )
    await until(() => fired(on).length >= 2)
    expect(fired(on)).toEqual(['0: 10 incomplete', '1: 10 incomplete'])
    expect(process.logs.join('')).toContain('partitions that no process ever owned are waited for no longer')
    await process.stop()

    // it is owned at last: what left is not fired again, its events are counted as too late, and windows are whole again
    const whole = await on.start()
    await on.publish(0, minutes(3, 4))
    await on.publish(1, minutes(3, 4))
    await until(() => fired(on).length >= 4)
    expect(fired(on).slice(2)).toEqual(['2: 20 complete', '3: 20 complete'])
    await whole.stop()
    expect((await metaOf(on, 1))?.restart.ledger).toMatchObject({ read: 50, inWindows: 30, tooLate: 20 })
  })

  it('is waited for during the grace', async () => {
    const on = await createRig(configured({ startupGraceMs: 1e9 }))
    rig = on
    const first = await on.start({ log: owning(0) })
    await on.publish(0, minutes(0, 1, 2))
    await on.publish(1, minutes(0, 1, 2))
    await until(async () => ((await metaOf(on, 0))?.closedThroughMs ?? 0) >= 2 * MINUTE)
    await first.stop()
    expect(fired(on)).toEqual([])
    await on.start()
    await until(() => fired(on).length >= 2)
    expect(fired(on)).toEqual(['0: 20 complete', '1: 20 complete'])
  })
})
