import { afterEach, describe, expect, it } from 'vitest'
import type { Config } from '../../../src/config/config.ts'
import { ownFacts } from '../../../src/roles/monitor/facts.ts'
import { migrate } from '../../../src/roles/monitor/migrate.ts'
import { createPlans } from '../../../src/windows/plan.ts'
import { testConfig, testModel, testRule, testTime, testWindow } from '../../support/config.ts'
import { MINUTE, onPartitions } from './minutes.ts'
import { createRig, type Rig, until } from './rig.ts'

/** One rule, which fires on more than five events a minute. */
const configured = (over: Partial<Config> = {}, retireAfterMs = 0): Config =>
  testConfig({
    ...onPartitions(1),
    time: testTime({ outOfOrdernessMs: 0, allowedLatenessMs: 0, retireAfterMs }),
    checkpoint: { intervalMs: 5, maxReplayMs: 30_000, maxBytes: 1 << 20 },
    models: [testModel({ windows: [testWindow('w', MINUTE)] })],
    rules: [testRule({ kind: 'above', metric: 'count', subject: null, threshold: 5, resolveAt: 5 })],
    ...over,
  })

let rig: Rig | undefined
afterEach(() => rig?.close())

/** Ten events a minute of a model. */
const minutes = (from: number, to: number, model = 'm') =>
  Array.from({ length: 10 * (to - from) }, (_, i) => ({ model, time: from * MINUTE + (i * MINUTE) / 10 }))

const said = ({ alerts }: Rig) => alerts.map(({ state, model, windowEnd }) => `${state} ${model} ${windowEnd / MINUTE}`)

/** As /metrics shows it. */
const firingNow = async (process: Awaited<ReturnType<Rig['start']>>) =>
  (await process.metric('tidemark_alerts_firing{')).map(line => line.split(' ').at(-1))

describe('an alert that no window will speak of any more is resolved, and says why', () => {
  it('when its rule is removed: at the first window that the new policy judges', async () => {
    const on = await createRig(configured())
    rig = on
    const old = await on.start()
    await on.publish(0, minutes(0, 3))
    await until(() => said(on).length === 1)
    await old.stop()
    const process = await on.start({ config: configured({ rules: [] }) })
    await on.publish(0, minutes(3, 5))
    await until(() => said(on).length === 2)
    // the window from 2 is open at the change; the one from 3 is the first of the new policy
    expect(said(on)).toEqual(['firing m 1', 'resolved m 4'])
    const [firing, resolved] = on.alerts
    expect(resolved.message).toMatch(/count is watched no longer, its rule was removed or changed; window w ending .*:04:00Z/)
    expect(resolved).toMatchObject({ incidentId: firing.incidentId, sequence: 2, severity: firing.severity, value: null, n: 0 })
    expect(resolved.policyVersion).not.toBe(firing.policyVersion)
    await until(async () => (await firingNow(process)).length === 0)
  })

  it('when its series is retired, though others of the model go on', async () => {
    const on = await createRig(configured({ rules: [{ ...configured().rules[0], versions: 'each' }] }, 2 * MINUTE))
    rig = on
    const process = await on.start()
    await on.publish(0, minutes(0, 1))
    await on.publish(
      0,
      [1, 2, 3, 4, 5, 6].map(minute => ({ version: '2', time: minute * MINUTE })),
    )
    await until(() => said(on).length === 2)
    expect(on.alerts.map(({ state, version, windowEnd }) => [state, version, windowEnd / MINUTE])).toEqual([
      ['firing', '1', 1],
      // empty windows end at 2 and 3, good ones by this rule: it is over before the series is retired
      ['resolved', '1', 2],
    ])
    await until(async () => (await process.metric('tidemark_window_samples{')).every(line => !line.includes('version="1"')))
  })

  it('when its series is retired, and no rule could be judged without data', async () => {
    const latency = testRule({ kind: 'above', metric: 'latency_mean_ms', subject: null, threshold: 5, resolveAt: 5 })
    const on = await createRig(configured({ rules: [{ ...latency, versions: 'each' }] }, 2 * MINUTE))
    rig = on
    await on.start()
    await on.publish(
      0,
      minutes(0, 1).map(event => ({ ...event, latencyMs: 10 })),
    )
    await on.publish(
      0,
      [1, 2, 3, 4, 5, 6].map(minute => ({ version: '2', latencyMs: 1, time: minute * MINUTE })),
    )
    await until(() => said(on).length === 2)
    expect(said(on)).toEqual(['firing m 1', 'resolved m 4'])
    expect(on.alerts[1].message).toMatch(
      /version 1: latency_mean_ms is watched no longer, the series fell silent and was retired/,
    )
  })

  it('when the whole model fell silent: one window more closes it', async () => {
    const latency = testRule({ kind: 'above', metric: 'latency_mean_ms', subject: null, threshold: 5, resolveAt: 5 })
    const on = await createRig(
      configured(
        { models: ['m', 'n'].map(name => testModel({ name, windows: [testWindow('w', MINUTE)] })), rules: [latency] },
        2 * MINUTE,
      ),
    )
    rig = on
    const process = await on.start()
    await on.publish(
      0,
      minutes(0, 1).map(event => ({ ...event, latencyMs: 10 })),
    )
    // one by one, so that windows are fired bit by bit, and the end of the series is committed long before the model's next window
    for (let minute = 1; minute <= 8; minute++) {
      await on.publish(0, minutes(minute, minute + 1, 'n'))
      await until(async () => ((await on.store.partitions.progress(1))[0]?.closedThroughMs ?? 0) >= minute * MINUTE)
    }
    await until(() => said(on).length === 2)
    expect(said(on)).toEqual(['firing m 1', 'resolved m 4'])
    expect(on.results.filter(({ model }) => model === 'm').map(({ end }) => end / MINUTE)).toEqual([1, 1, 2, 2, 3, 3])
    await until(async () => (await process.metric('tidemark_window_samples{')).every(line => !line.includes('model="m"')))
  })

  it('when a migration removed its window', async () => {
    const on = await createRig(configured())
    rig = on
    const old = await on.start()
    await on.publish(0, minutes(0, 2))
    await until(() => said(on).length === 1)
    await old.stop()
    const after = configured({ models: [testModel({ windows: [testWindow('other', MINUTE)] })] })
    expect(await migrate(on.store, ownFacts(after, createPlans(after), 1))).toMatchObject({ kind: 'migrated' })
    await on.start({ config: after })
    await on.publish(0, minutes(2, 4))
    await until(() => said(on).length === 3)
    // between the windows: at the time up to which the old ones had left
    expect(said(on)).toEqual(['firing m 1', 'resolved m 1.9', 'firing m 3'])
    expect(on.alerts[1].message).toContain('the configuration has this window no more')
  })
})
