import { afterAll, beforeAll, expect, it } from 'vitest'
import { startFleet } from '../chaos/fleet.ts'
import { startLoad } from '../chaos/load.ts'
import type { RedisPair } from '../chaos/redis-pair.ts'
import { readTopic } from '../chaos/topics.ts'
import { compareStates, onePerId } from '../chaos/verdict.ts'
import { startWorld, type World } from '../chaos/world.ts'
import { stack } from '../support/stack.ts'
import { eventually } from '../support/tidemark-process.ts'

let world: World
beforeAll(async () => {
  const { registryUrl, elasticsearchUrl } = stack()
  world = await startWorld({ brokers: 1, partitions: 4, redisCluster: false, registryUrl, elasticsearchUrl })
})
afterAll(() => world.close())

/** That a failover to such a replica changes nothing is a fault of chaos.test.ts: `redis-failover`. */
it('a replica that lags holds alerts back, and no window; they leave when it is back', async () => {
  const redis = world.redis as RedisPair
  const fleet = startFleet(world.config().path, 1, 'monitor')
  const alerts = () => readTopic(world, world.topics.alerts)
  const windows = async (): Promise<number> => (await readTopic(world, world.topics.windows)).length
  const waiting = async (): Promise<number> =>
    [...(await fleet.metric('tidemark_process_shard_outbox_alerts')).values()].reduce((a, b) => a + b, 0)
  const moreWindows = async (count: number): Promise<void> => {
    const before = await windows()
    await eventually(`${count} more windows leave`, async () => (await windows()) >= before + count)
  }
  try {
    await fleet.ready(0)
    const load = await startLoad(world, { seed: 1, eventsPerSecond: 300 })
    await eventually('alerts leave', async () => (await alerts()).length > 0)
    await redis.whileReplicaSleeps(async () => {
      await eventually('the outbox waits', async () =>
        fleet
          .at(0)
          .lines.some(({ msg, reason }) => /^outbox of shard \d: waiting$/.test(msg ?? '') && /replicas/.test(String(reason))),
      )
      await moreWindows(50) // and a page that was on its way has left
      const [left, held] = [(await alerts()).length, await waiting()]
      expect(held).toBeGreaterThan(0)
      await moreWindows(200)
      await eventually('more alerts wait', async () => (await waiting()) > held)
      expect(await alerts()).toHaveLength(left)
    })
    await load.end()
    const held = await waiting()
    await eventually('no alert waits', async () => (await waiting()) === 0)
    const told = await alerts()
    expect(told.length).toBeGreaterThanOrEqual(held)
    expect([...onePerId('alert', told).problems, ...compareStates(told), ...fleet.complaints()]).toEqual([])
  } finally {
    await fleet.stop(world.dir)
  }
}, 300_000)
