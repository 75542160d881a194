import type { Logger } from 'pino'
import type { ClusterFacts, StateStore } from '../port.ts'
import { StoreUnavailable } from '../unavailable.ts'
import { connectClient } from './client.ts'
import { createInspection } from './inspection.ts'
import { keysFor } from './keys.ts'
import { createPartitionStore } from './partitions.ts'
import { type CallScript, loadScripts, type Scripts, scriptCaller } from './scripts.ts'
import { createShardStore } from './shards.ts'

export type RedisStoreOptions = Readonly<{
  /** redis:// or rediss://; a Redis Cluster is recognised, any of its nodes will do. */
  url: string
  namespace: string
  /** The input topic: part of the keys of its partitions. */
  topic: string
  logger: Pick<Logger, 'info' | 'warn'>
  /** How many replicas must have a shard's writes before `replicated` resolves. Default 0. */
  waitReplicas?: number
  /** How long one command may take before StoreUnavailable. */
  commandTimeoutMs?: number
}>

/** What tests replace. */
export type Internals = Readonly<{
  scripts: Scripts
  /** More goes in several calls. */
  maxCallBytes: number
  around(call: CallScript): CallScript
}>

const INTERNALS: Internals = { scripts: loadScripts(), maxCallBytes: 1_000_000, around: call => call }
const COMMAND_TIMEOUT_MS = 5_000

/**
 * The store in Redis 6.2 or later, single or a cluster. Throws StoreUnavailable when it cannot be reached, and an Error with the
 * cure when it may evict keys or refuses the password. See lua/ for what each writing call does.
 */
export const createRedisStore = async (options: RedisStoreOptions, internals: Partial<Internals> = {}): Promise<StateStore> => {
  const { scripts, maxCallBytes, around } = { ...INTERNALS, ...internals }
  const keys = keysFor(options.namespace, options.topic)
  const client = await connectClient({ commandTimeoutMs: COMMAND_TIMEOUT_MS, ...options })
  const call = around(scriptCaller(client, scripts))
  const { ask } = client

  return {
    partitions: createPartitionStore(client, call, keys, maxCallBytes),
    shards: createShardStore(client, call, keys, { maxCallBytes, waitReplicas: options.waitReplicas ?? 0 }),
    agree: async facts => {
      await ask(redis => redis.hsetnx(keys.cfg, 'facts', JSON.stringify(facts)))
      const stored = await ask(redis => redis.hget(keys.cfg, 'facts'))
      if (stored === null) throw new StoreUnavailable('refused', `Redis lost ${keys.cfg} right after it was written`)
      return JSON.parse(stored) as ClusterFacts // written here alone
    },
    replaceFacts: async facts => void (await ask(redis => redis.hset(keys.cfg, 'facts', JSON.stringify(facts)))),
    facts: async () => {
      const stored = await ask(redis => redis.hget(keys.cfg, 'facts'))
      return stored === null ? null : (JSON.parse(stored) as ClusterFacts)
    },
    policies: {
      publish: async (version, policy) =>
        void (await ask(redis => redis.hset(keys.cfg, { [`policy:${version}`]: policy, policy: version }))),
      current: () => ask(redis => redis.hget(keys.cfg, 'policy')),
      find: version => ask(redis => redis.hget(keys.cfg, `policy:${version}`)),
    },
    inspection: createInspection(client, keys),
    initialised: async () => {
      const fields = await ask(redis => redis.hkeys(keys.cfg))
      return new Set(fields.filter(field => field.startsWith('in:')).map(field => Number(field.slice(3))))
    },
    health: async () => {
      try {
        const evicting = await client.evicting()
        return evicting === undefined ? { kind: 'ok' } : { kind: 'down', reason: evicting }
      } catch (error) {
        if (error instanceof StoreUnavailable) return { kind: 'down', reason: error.message }
        throw error
      }
    },
    close: async () => client.close(),
  }
}
