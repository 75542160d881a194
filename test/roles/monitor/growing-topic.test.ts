import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import type { Config } from '../../../src/config/config.ts'
import type { Log } from '../../../src/consumers/log.ts'
import type { Ledger } from '../../../src/windows/store/port.ts'
import { testConfig, testModel, testTime, testWindow } from '../../support/config.ts'
import { createRandom } from '../../support/random.ts'
import { createRig, type Rig, until } from './rig.ts'

const MINUTE = 60_000
/** Of both shards: see `fired`. */
const MODELS = ['a', 'b', 'c', 'd'] as const
const config: Config = testConfig({
  kafka: { ...testConfig().kafka, partitions: 2 },
  time: testTime({ outOfOrdernessMs: 0, allowedLatenessMs: 0, retireAfterMs: 0 }),
  checkpoint: { intervalMs: 5, maxReplayMs: 30_000, maxBytes: 1 << 20 },
  models: [testModel({ name: '*', windows: [testWindow('minute', MINUTE)] })],
})

let rig: Rig | undefined
afterEach(() => rig?.close())

/** Twelve events in each of these minutes, three of each model. */
const minutes = (...numbers: readonly number[]) =>
  numbers.flatMap(minute => Array.from({ length: 12 }, (_, i) => ({ time: minute * MINUTE + i, model: MODELS[i % 4] })))

/** Each model's windows, by start; every model says the same of its minute. */
const fired = ({ results }: Rig): readonly string[] => {
  const lines = results
    .filter(({ version }) => version === '1')
    .map(({ model, start, samples, complete }) => `${model} ${start / MINUTE}: ${samples}${complete ? '' : ' incomplete'}`)
  expect(new Set(lines.map(line => line.split(':')[0])).size, 'no window left twice').toBe(lines.length)
  return lines.toSorted()
}

const ofEachModel = (...windows: readonly string[]): readonly string[] =>
  MODELS.flatMap(model => windows.map(window => `${model} ${window}`)).toSorted()

const progressOf = async ({ store }: Rig, partition: number) => (await store.partitions.progress(3))[partition]
const closedThrough = async (on: Rig, partition: number) => (await progressOf(on, partition))?.closedThroughMs ?? -1
const haveFired = async ({ store }: Rig, throughMs: number) =>
  (await store.shards.firedThrough(2)).every(ms => (ms ?? -1) >= throughMs)

/** Readers that answer nothing for partition 2 until it is let go, or a topic that looks as it was before. */
const holding = () => {
  const held = { reading: true, count: true }
  const log = (inner: Log): Log => ({
    ...inner,
    partitionCount: async topic => (held.count ? 2 : inner.partitionCount(topic)),
    reader: async at => {
      const reader = await inner.reader(at)
      return { ...reader, fetch: async offset => (held.reading && at.partition === 2 ? unavailable() : reader.fetch(offset)) }
    },
  })
  const unavailable = () => ({ kind: 'unavailable', reason: 'held' }) as const
  return { held, log }
}

describe('a topic that grows while it is watched', () => {
  it('windows wait for its new partition; what is older than what was fired is too late', async () => {
    const on = await createRig(config)
    rig = on
    const { held, log } = holding()
    held.count = false
    const running = await on.start({ log })
    await on.publish(0, minutes(0, 1))
    await on.publish(1, minutes(0, 1))
    await until(() => haveFired(on, MINUTE))
    // partition 0:  0  1 | 2  3  4
    // partition 1:  0  1 | 2  3  4
    // partition 2:       | 0  1  2  3  4      minute 0 has left
    on.log.addPartitions('predictions', 3)
    await on.publish(2, minutes(0, 1, 2, 3, 4))
    await on.publish(0, minutes(2, 3, 4))
    await on.publish(1, minutes(2, 3, 4))
    await until(async () => (await closedThrough(on, 0)) >= 4 * MINUTE && (await closedThrough(on, 1)) >= 4 * MINUTE)
    held.reading = false
    await until(() => haveFired(on, 4 * MINUTE))
    expect(fired(on)).toEqual(ofEachModel('0: 6', '1: 9', '2: 9', '3: 9'))
    await running.stop()
    expect((await progressOf(on, 2))?.restart.ledger).toMatchObject({ read: 60, inWindows: 48, tooLate: 12 })
  })

  it('is read once every shard waits for it, also those of a process that has not looked at the topic again', async () => {
    const on = await createRig(config)
    rig = on
    const { held, log } = holding()
    held.reading = false
    const first = await on.start()
    const second = await on.start({ log })
    await until(async () => (await first.monitor.health()).kind === 'ok' && (await second.monitor.health()).kind === 'ok')
    await on.publish(0, minutes(0, 1))
    await on.publish(1, minutes(0, 1))
    await until(() => haveFired(on, MINUTE))
    on.log.addPartitions('predictions', 3)
    await on.publish(2, minutes(1, 2, 3, 4))
    await until(() => [first, second].some(({ logs }) => logs.join('').includes('read once all shards wait for it')))
    // the shard of the second goes by two partitions still
    await on.publish(0, minutes(2))
    await on.publish(1, minutes(2))
    const furthest = async () => Math.max(...(await on.store.shards.firedThrough(2)).map(ms => ms ?? -1))
    await until(async () => (await furthest()) >= 2 * MINUTE)
    await second.stop()
    await on.publish(0, minutes(3, 4))
    await on.publish(1, minutes(3, 4))
    await until(() => haveFired(on, 4 * MINUTE))
    const lines = fired(on)
    for (const model of MODELS) {
      expect(lines).toEqual(expect.arrayContaining([`${model} 0: 6`, `${model} 1: 6`, `${model} 2: 9`, `${model} 3: 9`]))
    }
    await first.stop()
    expect((await progressOf(on, 2))?.restart.ledger).toMatchObject({ read: 48, inWindows: 36, tooLate: 12 })
  })

  it('is read from the beginning of its new partition, wherever the first start began', async () => {
    const on = await createRig({ ...config, kafka: { ...config.kafka, startAt: { kind: 'latest' } } })
    rig = on
    const running = await on.start()
    await until(async () => (await running.monitor.health()).kind === 'ok')
    on.log.addPartitions('predictions', 3)
    await on.publish(2, minutes(1, 2))
    const read = 'tidemark_process_records_read_total{role="monitor",topic="predictions",partition="2"} '
    await until(async () => (await running.metric(read)).length > 0)
    await running.stop()
    expect((await progressOf(on, 2))?.restart.ledger).toMatchObject({ read: 24, inWindows: 24 })
  })

  it('counts each event in one window or as too late, whenever it grows and whoever reads', async () => {
    const seed = Number(process.env.TIDEMARK_SEED ?? Math.floor(Math.random() * 1e9))
    const random = createRandom(seed)
    const on = await createRig(config)
    rig = on
    const processes = [await on.start(), await on.start()]
    const growsAt = 1 + random.below(6)
    let partitions = 2
    let published = 0
    for (let minute = 0; minute < 8; minute++) {
      if (minute === growsAt) {
        partitions = 5
        on.log.addPartitions('predictions', partitions)
      }
      for (let partition = 0; partition < partitions; partition++) {
        const events = minutes(...(partition < 2 ? [minute] : [Math.max(0, minute - random.below(3)), minute]))
        published += events.length
        await on.publish(partition, events)
      }
      await systemClock.sleep(random.below(20))
    }
    await on.end(8 * MINUTE, [...Array(partitions).keys()])
    await until(() => haveFired(on, 8 * MINUTE))
    for (const running of processes) await running.stop()
    const ledgers = (await on.store.partitions.progress(partitions)).map(meta => meta?.restart.ledger)
    const total = (of: (ledger: Ledger) => number) => ledgers.reduce((sum, ledger) => sum + (ledger ? of(ledger) : Number.NaN), 0)
    const where = `TIDEMARK_SEED=${seed}`
    expect(
      total(({ inWindows, tooLate }) => inWindows + tooLate),
      where,
    ).toBe(published)
    const samples = fired(on).reduce((sum, line) => sum + Number(/: (\d+)$/.exec(line)?.[1]), 0)
    expect(samples, where).toBe(total(({ inWindows }) => inWindows))
  })
})
