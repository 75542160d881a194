import { afterEach, describe, expect, it } from 'vitest'
import type { Config } from '../../../src/config/config.ts'
import { ownFacts } from '../../../src/roles/monitor/facts.ts'
import { type Migration, migrate } from '../../../src/roles/monitor/migrate.ts'
import { StoredStateRefused } from '../../../src/roles/monitor/restore.ts'
import { createPlans } from '../../../src/windows/plan.ts'
import { testConfig, testModel, testTime, testWindow } from '../../support/config.ts'
import { createRig, type Rig, until } from './rig.ts'

const MINUTE = 60_000
const time = testTime({ outOfOrdernessMs: 0, allowedLatenessMs: 0, retireAfterMs: 0 })
const checkpoint = { intervalMs: 5, maxReplayMs: 30_000, maxBytes: 1 << 20 }
const kafka = { ...testConfig().kafka, partitions: 1 }

const minutes = (sizes: readonly number[]) => sizes.map(n => testWindow(`${n}m`, n * MINUTE))
const watching = (models: Config['models']): Config => testConfig({ kafka, time, checkpoint, models })

const before = watching([testModel({ name: 'a', windows: minutes([2]) }), testModel({ name: 'b', windows: minutes([2]) })])
const after = watching([testModel({ name: 'a', windows: minutes([3]) }), testModel({ name: 'b', windows: minutes([2]) })])

let rig: Rig | undefined
afterEach(() => rig?.close())

/** Each model sends one event a minute. */
const publish = (on: Rig, fromMinute: number, toMinute: number) =>
  on.publish(
    0,
    Array.from({ length: toMinute - fromMinute }, (_, i) => fromMinute + i).flatMap(minute =>
      ['a', 'b'].map(model => ({ model, time: minute * MINUTE })),
    ),
  )

const fired = ({ results }: Rig) =>
  results
    .filter(({ version }) => version === '1')
    .map(({ model, window, start, samples }) => `${model} ${window} ${start / MINUTE}: ${samples}`)
    .toSorted()

const migrateTo = (on: Rig, config: Config): Promise<Migration> =>
  migrate(on.store, ownFacts(config, createPlans(config), config.kafka.partitions))

describe('a changed configuration of windows', () => {
  it('is refused with the cure; migrated, it holds from the first window after every event seen, and nothing else changes', async () => {
    rig = await createRig(before)
    const old = await rig.start()
    //        0   1   2   3   4   5   6   7   8
    // before |--a2---|--a2---|--a2--    the open one is left out
    // after                       |----a3-----|  begins beyond minute 4
    await publish(rig, 0, 5)
    await until(() => (rig?.results.length ?? 0) >= 8)
    await old.stop()

    await expect(rig.start({ config: after })).rejects.toThrow(StoredStateRefused)
    await expect(rig.start({ config: after })).rejects.toThrow(/model a had another pane width, other windows.*tidemark migrate/)
    expect(await migrateTo(rig, after)).toEqual({
      kind: 'migrated',
      problems: ['model a had another pane width, other windows'],
      models: ['a'],
      sinceMs: 4 * MINUTE + 1,
    })
    expect(await migrateTo(rig, after)).toEqual({ kind: 'fits' })

    await rig.start({ config: after })
    await publish(rig, 5, 10)
    await until(() => fired(rig as Rig).includes('b 2m 6: 2') && fired(rig as Rig).includes('a 3m 6: 3'))
    expect(fired(rig)).toEqual(['a 2m 0: 2', 'a 2m 2: 2', 'a 3m 6: 3', 'b 2m 0: 2', 'b 2m 2: 2', 'b 2m 4: 2', 'b 2m 6: 2'])
  })

  it('a model that is named now leaves what was watched as any model', async () => {
    const any = watching([testModel({ name: '*', windows: minutes([2]) })])
    const named = watching([testModel({ name: '*', windows: minutes([2]) }), testModel({ name: 'a', windows: minutes([1]) })])
    rig = await createRig(any)
    const old = await rig.start()
    await publish(rig, 0, 3)
    await until(() => (rig?.results.length ?? 0) >= 4)
    await old.stop()
    expect(await migrateTo(rig, named)).toMatchObject({ kind: 'migrated', models: ['a'], problems: ['model a is new'] })
    await rig.start({ config: named })
    await publish(rig, 3, 6)
    await until(() => fired(rig as Rig).includes('b 2m 2: 2'))
    await until(() => fired(rig as Rig).includes('a 1m 4: 1'))
    expect(fired(rig)).toEqual(['a 1m 3: 1', 'a 1m 4: 1', 'a 2m 0: 2', 'b 2m 0: 2', 'b 2m 2: 2'])
  })

  it('other bounds of time leave out what is open of every model', async () => {
    rig = await createRig(before)
    const old = await rig.start()
    await publish(rig, 0, 3)
    await until(() => (rig?.results.length ?? 0) >= 4)
    await old.stop()
    const slower = { ...before, time: { ...time, outOfOrdernessMs: 10 } }
    await expect(rig.start({ config: slower })).rejects.toThrow(/bounds of time/)
    expect(await migrateTo(rig, slower)).toMatchObject({ kind: 'migrated', models: ['a', 'b'], sinceMs: 2 * MINUTE + 1 })
  })
})

describe('what no migration cures', () => {
  it('another topic is refused', async () => {
    rig = await createRig(before)
    const old = await rig.start()
    await old.stop()
    const other = { ...before, kafka: { ...kafka, topics: { ...kafka.topics, predictions: 'others' } } }
    expect(await migrateTo(rig, other)).toEqual({ kind: 'refused', problems: ['it reads topic predictions, not others'] })
  })

  it('a namespace without state has nothing to migrate', async () => {
    rig = await createRig(before)
    expect(await migrateTo(rig, before)).toEqual({ kind: 'empty' })
  })
})
