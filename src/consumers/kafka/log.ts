import type { RetryOptions } from 'kafkajs'
import type { KafkaConfig } from '../../config/config.ts'
import type { Log } from '../log.ts'
import { createClient } from './client.ts'
import { createBrokers } from './connection.ts'
import { sentenceOf, typeOf } from './errors.ts'
import { openFencedWriter } from './fenced-writer.ts'
import { groupMembers } from './group-members.ts'
import type { KafkaLogger } from './logger.ts'
import { createMembership } from './membership.ts'
import { createChooser } from './partitioner.ts'
import { createPartitionReader } from './reader.ts'
import { ensureTopics } from './topics.ts'
import { openWriter } from './writer.ts'

/** How long a fetch at the end of a log waits. A broker answers at once when records come. */
const MAX_WAIT_MS = 500
const RETRY_DELAYS_MS = [50, 100, 200, 400, 800] as const

/** For tests, which wait less or longer. */
export type KafkaLogOptions = Readonly<{ maxWaitMs?: number; retry?: RetryOptions }>

/** The log on Kafka. */
export const createKafkaLog = (
  config: KafkaConfig,
  logger: KafkaLogger,
  { maxWaitMs = MAX_WAIT_MS, retry }: KafkaLogOptions = {},
): Log => {
  const brokers = createBrokers(config, logger)
  const client = createClient(config, logger, retry)
  const readerOptions = { maxWaitMs, retryDelaysMs: RETRY_DELAYS_MS }
  const opened = new Set<() => Promise<void>>()

  /** What is not closed by its user is closed with the log. */
  const keep = <T extends Readonly<{ close(): Promise<void> }>>(resource: T): T => {
    const close = async () => {
      opened.delete(close)
      await resource.close()
    }
    opened.add(close)
    return { ...resource, close }
  }

  const partitionCount = async (topic: string): Promise<number> => (await brokers.leaders(topic)).length

  const choose = createChooser(partitionCount)

  return {
    partitionCount,
    topicId: brokers.topicId,
    reader: async (at, { fetchMaxBytes = Number.POSITIVE_INFINITY, keepsMemory = true } = {}) => {
      // Without a broker to ask, the reader is opened all the same: its fetches say what is the matter.
      const partitions = await partitionCount(at.topic).catch(error => {
        if (typeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION') throw error
        return Number.POSITIVE_INFINITY
      })
      if (!(at.partition < partitions)) {
        throw new Error(`topic ${at.topic} has ${partitions} partitions, no partition ${at.partition}`)
      }
      const own = { fetchMaxBytes: Math.min(fetchMaxBytes, config.fetchMaxBytes), memory: keepsMemory ? 'lent' : 'own' } as const
      return keep(createPartitionReader(brokers, at, { ...readerOptions, ...own }))
    },
    membership: options => {
      const membership = createMembership(client, options)
      opened.add(membership.stop)
      return membership
    },
    groupMembers: ({ groupId, topic }) => groupMembers(client, groupId, topic),
    writer: async () => keep(await openWriter(client, choose)),
    fencedWriter: async transactionalId => keep(await openFencedWriter(client, choose, transactionalId)),
    ensureTopics: (specs, options) => ensureTopics(client, brokers, config.brokers, specs, options),
    health: async () => {
      try {
        await brokers.ping()
        return { kind: 'ok' }
      } catch (error) {
        const reason = sentenceOf(error)
        const namesBroker = config.brokers.some(broker => reason.includes(broker))
        return { kind: 'down', reason: namesBroker ? reason : `${config.brokers.join(', ')}: ${reason}` }
      }
    },
    close: async () => {
      await Promise.all([...opened].map(close => close()))
      opened.clear()
      brokers.close()
    },
  }
}
