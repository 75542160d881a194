import { randomUUID } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type KafkaCluster, type RedisCluster, startKafka, startRedisCluster } from '../../scripts/stack.d/index.mjs'
import { type RedisPair, startRedisPair } from './redis-pair.ts'

/** Servers that a chaos run may break, and where its processes find them. */
export type World = Readonly<{
  /** Of configurations and of what the processes logged. */
  dir: string
  kafka: KafkaCluster
  /** null: a Redis Cluster, which no fault of the pair is for. */
  redis: RedisPair | null
  /** null: a pair. */
  redisCluster: RedisCluster | null
  registryUrl: string
  elasticsearchUrl: string
  topics: Topics
  index: string
  partitions: number
  /** Writes a configuration; with `fresh`, of a namespace and topics of its own that read the same predictions. */
  config(fresh?: boolean): Readonly<{ path: string; topics: Topics }>
  close(): Promise<void>
}>

export type Topics = Readonly<{ predictions: string; windows: string; alerts: string; deadLetters: string }>

export type WorldOptions = Readonly<{
  brokers: number
  partitions: number
  redisCluster: boolean
  /** Nothing breaks these. */
  registryUrl: string
  elasticsearchUrl: string
}>

/** Bounds of the events' times and of the windows, ms: what the configuration says, and what the oracle goes by. */
export const TIME = { outOfOrdernessMs: 5_000, allowedLatenessMs: 20_000 } as const
export const WINDOWS = [
  { name: '10s', sizeMs: 10_000, everyMs: 10_000 },
  { name: '1m-every-10s', sizeMs: 60_000, everyMs: 10_000 },
] as const
export const PANE_MS = 10_000

export const startWorld = async (options: WorldOptions): Promise<World> => {
  const { brokers, partitions, registryUrl, elasticsearchUrl } = options
  const dir = mkdtempSync(join(tmpdir(), 'tidemark-chaos-'))
  const unique = `chaos-${randomUUID().slice(0, 8)}`
  const [kafka, cluster, pair] = await Promise.all([
    startKafka({ brokers }),
    options.redisCluster ? startRedisCluster() : null,
    options.redisCluster ? null : startRedisPair(),
  ])
  const topicsOf = (name: string): Topics => ({
    predictions: unique,
    windows: `${name}-windows`,
    alerts: `${name}-alerts`,
    deadLetters: `${name}-dead-letters`,
  })
  let configs = 0
  return {
    dir,
    kafka,
    redis: pair,
    redisCluster: cluster,
    registryUrl,
    elasticsearchUrl,
    topics: topicsOf(unique),
    index: unique,
    partitions,
    config: (fresh = false) => {
      const name = fresh ? `${unique}-${++configs}` : unique
      const path = join(dir, `${name}.yaml`)
      const topics = topicsOf(name)
      const redisUrl = cluster ? `redis://${cluster.addresses[0]}` : (pair?.url ?? '')
      writeFileSync(
        path,
        configText({
          name,
          topics,
          brokers: kafka.addresses,
          replicationFactor: brokers,
          partitions,
          redisUrl,
          waitReplicas: pair ? 1 : 0,
          registryUrl,
          elasticsearchUrl,
          index: unique,
        }),
      )
      return { path, topics }
    },
    close: async () => {
      await Promise.all([kafka.stop(), cluster?.stop(), pair?.stop()])
    },
  }
}

const configText = (given: {
  name: string
  topics: Topics
  brokers: readonly string[]
  replicationFactor: number
  partitions: number
  redisUrl: string
  waitReplicas: number
  registryUrl: string
  elasticsearchUrl: string
  index: string
}): string => `
namespace: ${given.name}
kafka:
  brokers: ${JSON.stringify(given.brokers)}
  topics: ${JSON.stringify(given.topics)}
  createTopics: true
  partitions: ${given.partitions}
  replicationFactor: ${given.replicationFactor}
  sessionTimeout: 6s
redis: { url: "${given.redisUrl}", waitReplicas: ${given.waitReplicas} }
schemaRegistry: { url: "${given.registryUrl}" }
elasticsearch: { url: "${given.elasticsearchUrl}", index: ${given.index} }
http: { host: 127.0.0.1, port: 0 }
# what goes by wall time is out of the way: the batch recomputation knows of none
time: { outOfOrderness: 5s, allowedLateness: 20s, idleTimeout: 1d, maxHold: 1d, retireAfter: 0s, maxFuture: 1h }
checkpoint: { interval: 1s, maxReplay: 5s }
models:
  - name: "*"
    windows: [10s, 1m every 10s]
    segments: [gateway]
rules:
  - { name: slow, when: latency_mean_ms above 50, window: 10s, scope: both }
  - { name: failing, when: error_ratio above 0.02, window: 1m-every-10s, versions: each }
`
