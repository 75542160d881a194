import { addresses, up } from '../scripts/stack.d/index.mjs'

/** Kafka, a schema registry and Redis: those of `scripts/stack`, started if they are not up; they stay up. */
export const servers = async () => {
  await up(['kafka', 'registry', 'redis'])
  const { kafka, registry, redis } = addresses()
  return { brokers: kafka.split(','), registryUrl: registry, redisUrl: redis }
}
