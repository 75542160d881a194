import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { claimShard } from '../../../src/roles/monitor/shard-session.ts'
import { testConfig } from '../../support/config.ts'
import { openPartition } from '../../support/partition.ts'
import { createRandom } from '../../support/random.ts'
import { createTwins } from '../../support/twins.ts'

describe('a shard that has fired everything', () => {
  it('notices that the store lost what it fired, though nothing more is due', async () => {
    const config = testConfig({ kafka: { ...testConfig().kafka, partitions: 1 } })
    const { context, store } = await createTwins(config)
    const partition = await openPartition(context, 0, [{ timeMs: 5, latencyMs: 1 }], createRandom(1))
    await partition.fold(1)
    await partition.checkpoint()
    const stopping = new AbortController()
    const logger = pino({ level: 'silent' })
    const shard = await claimShard(context, { shard: 0, token: 'owner', logger, signal: stopping.signal })
    const before = store.snapshot()
    await shard.round()
    await shard.round() // nothing is due, nothing is wrong
    store.restore(before)
    await expect(shard.round()).rejects.toMatchObject({ name: 'OwnershipLost', kind: 'mismatch' })
    stopping.abort()
    await shard.close()
  })
})
