import { describe, expect, it } from 'vitest'
import { startPartitionTask } from '../../../src/roles/monitor/partition-task.ts'
import { carried } from '../../../src/windows/store/faults.ts'
import { testConfig } from '../../support/config.ts'
import { openPartition } from '../../support/partition.ts'
import { createRandom } from '../../support/random.ts'
import { createTwins } from '../../support/twins.ts'

describe('a process that falls asleep after the first claim of a partition', () => {
  it('loses the partition to who began meanwhile, and does not take what that one wrote for lost state', async () => {
    const config = testConfig({ kafka: { ...testConfig().kafka, partitions: 1 } })
    const { context, store } = await createTwins(config)
    const begin = async (): Promise<void> => {
      const other = await openPartition(context, 0, [{ timeMs: 5, latencyMs: 1 }], createRandom(1))
      await other.checkpoint()
    }
    const sleepy = carried(store, async ({ name }, run) => {
      const reply = await run()
      if (name === 'claim') await begin()
      return reply
    })
    const task = startPartitionTask(
      { ...context, store: sleepy },
      {
        partition: 0,
        token: 'sleepy',
        onCheckpoint: () => {},
        everOwned: async () => (await store.initialised()).has(0),
        onPause: () => {},
      },
    )
    await expect(task.ended).rejects.toMatchObject({ name: 'OwnershipLost', kind: 'fenced' })
  })
})
