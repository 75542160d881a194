import { afterAll, beforeAll, expect, it } from 'vitest'
import type { FaultName } from '../chaos/faults.ts'
import { runChaos } from '../chaos/run.ts'
import { startWorld, type World } from '../chaos/world.ts'
import { stack } from '../support/stack.ts'

const FAULTS: readonly FaultName[] = ['redis-node-kill', 'rolling', 'redis-node-kill', 'kill']

let world: World
beforeAll(async () => {
  const { registryUrl, elasticsearchUrl } = stack()
  world = await startWorld({ brokers: 1, partitions: 6, redisCluster: true, registryUrl, elasticsearchUrl })
})
afterAll(() => world.close())

it('on a Redis Cluster of three nodes, with nodes and processes that go and come, nothing is lost and nothing counted twice', async () => {
  const seed = Number(process.env.TIDEMARK_SEED ?? Math.floor(Math.random() * 1e9))
  const lines: string[] = []
  const report = await runChaos({
    world,
    seed,
    processes: 2,
    eventsPerSecond: 300,
    faults: FAULTS,
    say: what => lines.push(`${new Date().toISOString()} ${what}`),
  })
  const where = `TIDEMARK_SEED=${seed}\n${lines.join('\n')}`
  expect(report.problems.slice(0, 20), where).toEqual([])
  expect(report.windows, where).toBeGreaterThan(500)
  expect(report.alerts, where).toBeGreaterThan(0)
}, 600_000)
