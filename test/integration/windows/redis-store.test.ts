import { afterAll, beforeAll, describe } from 'vitest'
import { startRedisCluster } from '../../../scripts/stack.d/index.mjs'
import { storeContract } from '../../windows/store/store-contract.ts'
import { openRedis } from './redis-helpers.ts'

storeContract('Redis', async () => openRedis())
storeContract('Redis, every commit in several calls', async () => openRedis({ maxCallBytes: 300 }))

describe('on a Redis Cluster', () => {
  let cluster: Awaited<ReturnType<typeof startRedisCluster>>
  beforeAll(async () => {
    cluster = await startRedisCluster()
  })
  afterAll(() => cluster.stop())
  storeContract('Redis Cluster', () => openRedis({}, { url: `redis://${cluster.addresses[0]}` }))
})
