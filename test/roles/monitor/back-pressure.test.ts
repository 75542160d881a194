import { afterEach, describe, expect, it } from 'vitest'
import type { Config } from '../../../src/config/config.ts'
import type { Log } from '../../../src/consumers/log.ts'
import { createPlans } from '../../../src/windows/plan.ts'
import { withFaults } from '../../../src/windows/store/faults.ts'
import { testConfig, testModel, testRule, testWindow } from '../../support/config.ts'
import { MINUTE, onPartitions, PROMPT } from './minutes.ts'
import { createRig, type Rig, type RigProcess, until } from './rig.ts'

const MINUTES = 20
const busy = { kind: 'above', metric: 'count', subject: null, threshold: 5, resolveAt: 5 } as const
const config: Config = testConfig({
  ...onPartitions(1),
  ...PROMPT,
  budget: { ...testConfig().budget, outboxAlerts: 3 },
  models: [testModel({ windows: [testWindow('minute', MINUTE)] })],
  rules: [testRule(busy)],
})

let rig: Rig | undefined
afterEach(() => rig?.close())

/** Ten events in even minutes, one in odd ones: the rule fires and resolves in turn. */
const events = Array.from({ length: MINUTES }, (_, minute) => minute).flatMap(minute =>
  Array.from({ length: minute % 2 === 0 ? 10 : 1 }, (_, i) => ({ time: minute * MINUTE + i })),
)

const publish = async (on: Rig): Promise<void> => {
  await on.publish(0, events)
  await on.end(MINUTES * MINUTE - 1, [0])
}

/** Fails while `isDown`. */
const failing = (outage: { isDown: boolean }, what: string): void => {
  if (outage.isDown) throw new Error(`${what} is down`)
}

const shown = async (process: RigProcess, name: string, labels: string): Promise<boolean> =>
  (await process.metric(`tidemark_process_${name}{`)).some(line => line.includes(labels) && line.endsWith(' 1'))

const restartOffset = async ({ store }: Rig): Promise<number> =>
  Number((await store.partitions.progress(1))[0]?.restart.offset ?? -1)

const windowsFired = ({ results }: Rig): readonly number[] =>
  results.filter(({ version }) => version === '*').map(({ start }) => start / MINUTE)

const everyMinute = Array.from({ length: MINUTES }, (_, minute) => minute)

/** All windows, in order and once, and an alert of each, though the world was slow. */
const expectAll = (on: Rig): void => {
  expect(windowsFired(on)).toEqual(everyMinute)
  expect(on.alerts.map(alert => `${alert.state} ${alert.windowStart / MINUTE}`)).toEqual(
    everyMinute.map(minute => `${minute % 2 === 0 ? 'firing' : 'resolved'} ${minute}`),
  )
}

describe('the alerts topic is down', () => {
  it('the outbox fills to its cap, then firing pauses; ingest goes on, and everything leaves once it is back', async () => {
    const on = await createRig(config)
    rig = on
    const outage = { isDown: true }
    const process = await on.start({
      log: (log): Log => ({
        ...log,
        fencedWriter: async id => {
          const writer = await log.fencedWriter(id)
          return {
            ...writer,
            append: async (...records) => {
              failing(outage, 'the alerts topic')
              return writer.append(...records)
            },
          }
        },
      }),
    })
    await publish(on)
    await until(() => shown(process, 'shard_paused', 'reason="outbox"'))
    await until(async () => (await restartOffset(on)) === events.length + 1)
    expect(on.alerts).toEqual([])
    expect(windowsFired(on)).toEqual([0, 1, 2])
    expect(await process.metric('tidemark_process_shard_outbox_alerts')).toEqual([
      'tidemark_process_shard_outbox_alerts{shard="0"} 3',
    ])
    expect(await shown(process, 'shard_paused', 'reason="alerts-topic"')).toBe(true)
    expect(await process.monitor.health()).toEqual({ kind: 'down', reason: 'partition 0: shard 0: the alerts topic is down' })
    outage.isDown = false
    await until(() => on.alerts.length >= MINUTES)
    expectAll(on)
    expect(await shown(process, 'shard_paused', 'reason="outbox"')).toBe(false)
    await until(async () => (await process.monitor.health()).kind === 'ok')
  })
})

describe('the windows topic is down', () => {
  it('nothing is judged before it is told; ingest goes on, and everything leaves once it is back', async () => {
    const on = await createRig(config)
    rig = on
    const outage = { isDown: true }
    const process = await on.start({
      log: (log): Log => ({
        ...log,
        writer: async () => {
          const writer = await log.writer()
          return {
            ...writer,
            append: async (topic, records) => {
              if (topic === config.kafka.topics.windows) failing(outage, 'the windows topic')
              return writer.append(topic, records)
            },
          }
        },
      }),
    })
    await publish(on)
    await until(() => shown(process, 'shard_paused', 'reason="windows-topic"'))
    await until(async () => (await restartOffset(on)) === events.length + 1)
    expect([on.results, on.alerts]).toEqual([[], []])
    expect(await process.monitor.health()).toEqual({ kind: 'down', reason: 'partition 0: shard 0: the windows topic is down' })
    outage.isDown = false
    await until(() => on.alerts.length >= MINUTES)
    expectAll(on)
  })
})

describe('the store is down', () => {
  it('reading goes on until the memory budget is used up, then pauses, and everything resumes', async () => {
    // what answers of the log may hold, and two open panes
    const paneBytes = 8 * createPlans(config).named[0].layout.size
    const memoryBytes = 4 * config.kafka.fetchMaxBytes + 2.5 * paneBytes
    const small = { ...config, budget: { ...config.budget, memoryBytes } }
    const on = await createRig(small)
    rig = on
    const outage = { isDown: false }
    const process = await on.start({
      store: store => withFaults(store, { deliver: ({ name }) => (outage.isDown && name === 'checkpoint' ? 'never' : 'once') }),
    })
    await on.publish(0, events.slice(0, 1))
    await until(async () => (await restartOffset(on)) >= 0)
    outage.isDown = true
    await on.publish(0, events.slice(1, 20))
    await until(() => shown(process, 'partition_paused', 'reason="memory-budget"'))
    await on.publish(0, events.slice(20))
    await on.end(MINUTES * MINUTE - 1, [0])
    expect(await process.monitor.health()).toEqual({ kind: 'down', reason: 'partition 0: reading is paused: memory-budget' })
    outage.isDown = false
    await until(() => on.alerts.length >= MINUTES)
    expectAll(on)
  })
})

describe('memory is short when windows have left', () => {
  it('the panes that they share with windows to come are forgotten, and read again', async () => {
    const roomy = await sliding(false)
    await rig?.close()
    const tight = await sliding(true)
    expect(tight.results).toEqual(roomy.results)
    expect(roomy.frozenBytes).toBeGreaterThan(0)
    // without room each of ten panes is read for each window, else once
    expect(tight.panesRead).toBeGreaterThan(3 * roomy.panesRead)
  })

  /** Events come minute by minute, so that each window is fired in a round of its own; `isShort`: then there is no room. */
  const sliding = async (isShort: boolean) => {
    const models = [testModel({ windows: [testWindow('ten', 10 * MINUTE, MINUTE)] })]
    const on = await createRig({ ...config, models, rules: [] })
    rig = on
    let panesRead = 0
    const memory = { squeeze: () => {}, release: () => {} }
    const process = await on.start({
      store: store => ({
        ...store,
        shards: {
          ...store.shards,
          fire: async (shard, command) => {
            const reply = await store.shards.fire(shard, command)
            memory.squeeze()
            return reply
          },
        },
        partitions: {
          ...store.partitions,
          progress: count => {
            memory.release()
            return store.partitions.progress(count)
          },
          readPanes: (partition, keys) => {
            panesRead += keys.length
            return store.partitions.readPanes(partition, keys)
          },
        },
      }),
    })
    const { memory: budget } = process.context.budgets
    const others = budget.part('others')
    if (isShort) memory.squeeze = () => others.set(budget.limitBytes)
    memory.release = () => others.set(0)
    for (const minute of everyMinute) {
      await on.publish(0, [{ time: minute * MINUTE }])
      await until(async () => ((await on.store.shards.firedThrough(1))[0] ?? -1) >= minute * MINUTE)
    }
    await until(() => on.results.length >= 2 * (MINUTES - 1))
    return { frozenBytes: budget.byPart().get('frozen-panes') ?? 0, results: on.results, panesRead }
  }
})
