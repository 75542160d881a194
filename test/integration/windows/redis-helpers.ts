import { randomUUID } from 'node:crypto'
import type { StateStore } from '../../../src/windows/store/port.ts'
import { createRedisStore, type Internals, type RedisStoreOptions } from '../../../src/windows/store/redis/store.ts'
import { stack } from '../../support/stack.ts'

export const quiet: RedisStoreOptions['logger'] = { info: () => {}, warn: () => {} }

/** A store in a namespace of its own on the run's Redis. */
export const openRedis = (internals: Partial<Internals> = {}, options: Partial<RedisStoreOptions> = {}): Promise<StateStore> =>
  createRedisStore({ url: stack().redisUrl, namespace: randomUUID(), topic: 'predictions', logger: quiet, ...options }, internals)
