import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin, Kafka } from 'kafkajs'
import type { TopicSpec } from '../log.ts'
import { type ActualTopic, topicProblems } from '../topic-check.ts'
import type { Brokers } from './connection.ts'
import { sentenceOf } from './errors.ts'
import { ConfigResourceTypes } from './kafkajs-internals.ts'

/** A created topic reaches the brokers one by one. */
const SETTLE_TRIES = 60
const SETTLE_MS = 100

/**
 * Makes what is missing when `create` says so, and says in sentences what is still not as it should be.
 * Throws when the cluster cannot be asked.
 */
export const ensureTopics = async (
  client: Kafka,
  brokers: Brokers,
  bootstrapServers: readonly string[],
  specs: readonly TopicSpec[],
  { create }: Readonly<{ create: boolean }>,
): Promise<readonly string[]> => {
  const servers = bootstrapServers.join(',')
  const admin = client.admin()
  try {
    await admin.connect()
    const refused = create ? await createMissing(admin, brokers, specs) : []
    const actual = await describe(admin, specs)
    return [...refused, ...specs.flatMap(spec => topicProblems(spec, actual.get(spec.name), servers))]
  } catch (error) {
    throw new Error(`Kafka at ${servers} cannot be asked about its topics: ${sentenceOf(error)}`, { cause: error })
  } finally {
    await admin.disconnect().catch(() => {})
  }
}

const createMissing = async (admin: Admin, brokers: Brokers, specs: readonly TopicSpec[]): Promise<readonly string[]> => {
  const existing = new Set(await admin.listTopics())
  const problems: string[] = []
  for (const { name, partitions, replicationFactor, config } of specs) {
    if (existing.has(name)) continue
    try {
      await admin.createTopics({
        waitForLeaders: false,
        topics: [
          {
            topic: name,
            numPartitions: partitions,
            replicationFactor,
            configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
          },
        ],
      })
      for (let n = 0; n < SETTLE_TRIES && !(await brokers.isKnownEverywhere(name)); n++) await sleep(SETTLE_MS)
    } catch (error) {
      problems.push(`topic ${name} cannot be created: ${sentenceOf(error)}`)
    }
  }
  return problems
}

const describe = async (admin: Admin, specs: readonly TopicSpec[]): Promise<ReadonlyMap<string, ActualTopic>> => {
  const existing = new Set(await admin.listTopics())
  const present = specs.filter(spec => existing.has(spec.name))
  if (present.length === 0) return new Map()
  const { topics } = await admin.fetchTopicMetadata({ topics: present.map(spec => spec.name) })
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: present.map(spec => ({
      type: ConfigResourceTypes.TOPIC,
      name: spec.name,
      configNames: Object.keys(spec.config),
    })),
  })
  return new Map(
    topics.map(({ name, partitions }) => {
      const entries = resources.find(resource => resource.resourceName === name)?.configEntries ?? []
      const config = Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]))
      return [name, { partitions: partitions.length, config }]
    }),
  )
}
