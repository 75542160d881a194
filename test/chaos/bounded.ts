import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stack } from '../support/stack.ts'
import type { FaultName } from './faults.ts'
import { runChaos } from './run.ts'
import { startWorld, type World, type WorldOptions } from './world.ts'

export type BoundedChaos = Readonly<{ processes: number; faults: readonly FaultName[] }> &
  Pick<WorldOptions, 'partitions' | 'redisCluster'>

/** A bounded part of `npm run test:chaos`, on one broker: these faults in this order, then the verdict. */
export const describeChaos = (what: string, { processes, faults, partitions, redisCluster }: BoundedChaos): void => {
  describe(what, () => {
    let world: World
    beforeAll(async () => {
      const { registryUrl, elasticsearchUrl } = stack()
      world = await startWorld({ brokers: 1, partitions, redisCluster, registryUrl, elasticsearchUrl })
    })
    afterAll(() => world.close())

    it('publish what an undisturbed one does and a batch recomputation says; nothing is lost, nothing counted twice', async () => {
      const seed = Number(process.env.TIDEMARK_SEED ?? Math.floor(Math.random() * 1e9))
      const lines: string[] = []
      const report = await runChaos({
        world,
        seed,
        processes,
        eventsPerSecond: 300,
        faults,
        say: what => lines.push(`${new Date().toISOString()} ${what}`),
      })
      const where = `TIDEMARK_SEED=${seed}\n${lines.join('\n')}`
      expect(report.problems.slice(0, 20), where).toEqual([])
      expect(report.windows, where).toBeGreaterThan(500)
      expect(report.alerts, where).toBeGreaterThan(0)
    }, 600_000)
  })
}
