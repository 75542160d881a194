import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FaultName } from '../chaos/faults.ts'
import { runChaos } from '../chaos/run.ts'
import { startWorld, type World } from '../chaos/world.ts'
import { stack } from '../support/stack.ts'

/** The bounded part of `npm run test:chaos`: every fault that a single broker and a pair of Redis can have, once each. */
const FAULTS: readonly FaultName[] = [
  'kill',
  'redis-failover',
  'freeze',
  'rolling',
  'rolling',
  'script-flush',
  'redis-kill',
  'redis-pause',
  'broker-restart',
  'broker-away',
]

describe('three processes under fire', () => {
  let world: World
  beforeAll(async () => {
    const { registryUrl, elasticsearchUrl } = stack()
    world = await startWorld({ brokers: 1, partitions: 4, redisCluster: false, registryUrl, elasticsearchUrl })
  })
  afterAll(() => world.close())

  it('publish what an undisturbed one does and a batch recomputation says; nothing is lost, nothing counted twice', async () => {
    const seed = Number(process.env.TIDEMARK_SEED ?? Math.floor(Math.random() * 1e9))
    const lines: string[] = []
    const report = await runChaos({
      world,
      seed,
      processes: 3,
      eventsPerSecond: 300,
      faults: FAULTS,
      say: what => lines.push(`${new Date().toISOString()} ${what}`),
    })
    const where = `TIDEMARK_SEED=${seed}\n${lines.join('\n')}`
    expect(report.problems.slice(0, 20), where).toEqual([])
    expect(report.windows, where).toBeGreaterThan(500)
    expect(report.alerts, where).toBeGreaterThan(0)
  }, 600_000)
})
