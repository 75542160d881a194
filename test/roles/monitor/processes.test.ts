import { afterEach, expect, it } from 'vitest'
import type { Config } from '../../../src/config/config.ts'
import { testConfig, testModel, testRule, testTime, testWindow } from '../../support/config.ts'
import { createRandom } from '../../support/random.ts'
import { createRig, type Rig, until } from './rig.ts'

const PARTITIONS = 10
const config: Config = testConfig({
  kafka: { ...testConfig().kafka, partitions: PARTITIONS },
  time: testTime({ outOfOrdernessMs: 20, allowedLatenessMs: 40, retireAfterMs: 0 }),
  checkpoint: { intervalMs: 2, maxReplayMs: 30_000, maxBytes: 1 << 20 },
  models: [testModel({ name: '*', windows: [testWindow('tumbling', 50), testWindow('sliding', 200, 50)] })],
  rules: [testRule({ kind: 'above', metric: 'latency_mean_ms', subject: null, threshold: 50, resolveAt: 48 })],
})
const LAST_MS = 4_000

const rigs: Rig[] = []
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close()
})

/** Events of four models, most of them in order, some late, some too late. */
const publish = async (rig: Rig, seed: number): Promise<void> => {
  const random = createRandom(seed)
  for (let partition = 0; partition < PARTITIONS; partition++)
    await rig.publish(
      partition,
      Array.from({ length: 400 }, (_, i) => ({
        time: Math.max(0, i * 10 - random.pick([0, 5, 15, 50, 90, 200])),
        model: random.pick(['a', 'b', 'c', 'd']),
        version: random.pick(['1', '2']),
        latencyMs: 100 * random.uniform(),
      })),
    )
  await rig.end(LAST_MS, [...Array(PARTITIONS).keys()])
}

const run = async (seed: number, processes: number, disturb: (rig: Rig) => Promise<void>): Promise<Rig> => {
  const rig = await createRig(config)
  rigs.push(rig)
  await Promise.all(Array.from({ length: processes }, () => rig.start()))
  const publishing = publish(rig, seed)
  await disturb(rig)
  await publishing
  await until(async () => {
    const fired = await rig.store.shards.firedThrough(PARTITIONS)
    const outboxes = await Promise.all(fired.map((_, shard) => rig.store.shards.outbox(shard, 1)))
    return fired.every(ms => ms !== null && ms >= LAST_MS + 40) && outboxes.every(page => page.length === 0)
  })
  return rig
}

/** By id and revision; what left twice must be equal. */
const byId = <T extends Readonly<{ id: string; revision: number }>>(left: readonly T[]): ReadonlyMap<string, T> => {
  const found = new Map<string, T>()
  for (const one of left) {
    const id = `${one.id} r${one.revision}`
    const before = found.get(id)
    if (before) expect(one, id).toEqual(before)
    found.set(id, one)
  }
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

const ledgers = async ({ store }: Rig) => (await store.partitions.progress(PARTITIONS)).map(meta => meta?.restart.ledger)

/** Windows that differ, shortly. */
const different = async (a: Rig, b: Rig): Promise<readonly string[]> => {
  const lines = ({ results }: Rig) => new Set(results.map(r => `${r.id} r${r.revision}: ${r.samples} (${r.late} late)`))
  const [ofA, ofB] = [lines(a), lines(b)]
  return [
    ...[...ofA].filter(line => !ofB.has(line)).map(line => `- ${line}`),
    ...[...ofB].filter(line => !ofA.has(line)).map(line => `+ ${line}`),
  ].toSorted()
}

it('ten processes, or three that come and go, publish what one does', async () => {
  const seed = Number(process.env.TIDEMARK_SEED ?? Math.floor(Math.random() * 1e9))
  const one = await run(seed, 1, async () => {})
  const ten = await run(seed, 10, async () => {})
  const restless = await run(seed, 3, async rig => {
    for (let i = 0; i < 5; i++) {
      const joined = await rig.start()
      await until(async () => (await joined.monitor.health()).kind === 'ok')
      await joined.stop()
    }
  })
  const where = `TIDEMARK_SEED=${seed}`
  expect(
    one.results.some(({ revision }) => revision === 1),
    where,
  ).toBe(true)
  expect(one.alerts.length, where).toBeGreaterThan(0)
  for (const [name, other] of Object.entries({ ten, restless })) {
    const saying = `${where} ${name}`
    expect(await ledgers(other), saying).toEqual(await ledgers(one))
    expect(await different(one, other), saying).toEqual([])
    expect(byId(other.results), saying).toEqual(byId(one.results))
    expect(byId(other.alerts), saying).toEqual(byId(one.alerts))
  }
})
