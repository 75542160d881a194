import { afterEach, expect, it } from 'vitest'
import type { Config } from '../../../src/config/config.ts'
import { testConfig, testModel, testRule, testTime, testWindow } from '../../support/config.ts'
import { MINUTE, onPartitions } from './minutes.ts'
import { createRig, type Rig, until } from './rig.ts'

/** Fires on more than five events a minute; what is resolved is kept for ten minutes. */
const config: Config = testConfig({
  ...onPartitions(1),
  time: testTime({ outOfOrdernessMs: 0, allowedLatenessMs: 0, retireAfterMs: 60 * MINUTE, alertRetentionMs: 10 * MINUTE }),
  checkpoint: { intervalMs: 5, maxReplayMs: 30_000, maxBytes: 1 << 20 },
  models: [testModel({ windows: [testWindow('w', MINUTE)] })],
  rules: [testRule({ kind: 'above', metric: 'count', subject: null, threshold: 5, resolveAt: 5 })],
})

let rig: Rig | undefined
afterEach(() => rig?.close())

const LAST_MINUTE = 40
/** Ten events in these minutes, one in all others. */
const BUSY = new Set([1, 8, 30])
const eventsOf = (minute: number) => Array.from({ length: BUSY.has(minute) ? 10 : 1 }, (_, i) => ({ time: minute * MINUTE + i }))
const minutes = Array.from({ length: LAST_MINUTE }, (_, minute) => minute)

/** The alerts topic: keys, and whether they have a value. */
const topicOf = async ({ log }: Rig): Promise<readonly string[]> => {
  const reader = await log.reader({ topic: config.kafka.topics.alerts, partition: 0 })
  const fetched = await reader.fetch(0)
  if (fetched.kind !== 'records') throw new Error(fetched.kind)
  const found: string[] = []
  for (const { bytes, count, keyStarts, keyEnds, valueStarts } of fetched.blocks)
    for (let i = 0; i < count; i++)
      found.push(`${valueStarts[i] < 0 ? 'tombstone' : 'alert'} ${bytes.toString('utf8', keyStarts[i], keyEnds[i])}`)
  return found
}

const said = ({ alerts }: Rig) => alerts.map(({ state, windowEnd, sequence }) => `${state} ${windowEnd / MINUTE} #${sequence}`)

const isFired = async ({ store }: Rig, minute: number) => ((await store.shards.firedThrough(1))[0] ?? -1) >= minute * MINUTE

it('a resolved alert leaves the topic after its retention, with all that is remembered of it; what fires later begins anew', async () => {
  const on = await createRig(config)
  rig = on
  const process = await on.start()
  for (const minute of minutes) {
    await on.publish(0, eventsOf(minute))
    await until(() => isFired(on, minute))
  }
  const all = ['firing 2 #1', 'resolved 3 #2', 'firing 9 #3', 'resolved 10 #4', 'firing 31 #1', 'resolved 32 #2']
  await until(() => on.alerts.length >= all.length)
  expect(said(on)).toEqual(all)
  const key = on.alerts[0].fingerprint
  expect(await topicOf(on)).toEqual([
    ...Array<string>(4).fill(`alert ${key}`),
    `tombstone ${key}`,
    ...Array<string>(2).fill(`alert ${key}`),
  ])
  expect(await process.metric('tidemark_process_shard_outbox_alerts')).toEqual([
    'tidemark_process_shard_outbox_alerts{shard="0"} 0',
  ])
})

it('says the same when all of it is fired at once', async () => {
  const on = await createRig(config)
  rig = on
  await on.publish(0, minutes.flatMap(eventsOf))
  await on.start()
  await until(() => isFired(on, LAST_MINUTE - 1))
  await until(() => on.alerts.length >= 6)
  expect(said(on).slice(-2)).toEqual(['firing 31 #1', 'resolved 32 #2'])
})

it('forgets the state of the rule in the store', async () => {
  const on = await createRig(config)
  rig = on
  await on.start()
  for (const minute of minutes.slice(0, 25)) {
    await on.publish(0, eventsOf(minute))
    await until(() => isFired(on, minute))
  }
  await until(async () => (await topicOf(on)).length === 5)
  expect([...(await on.store.shards.rules(0)).keys()]).toEqual([])
})
