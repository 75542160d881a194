import type { Logger, SASLOptions } from 'kafkajs'
import type { KafkaConfig } from '../../config/config.ts'
import { type AnswerMemory, answerSockets, lentMemory, ownMemory } from './answer-socket.ts'
import { sentenceOf, typeOf } from './errors.ts'
import { Broker, connectionPoolBuilder, createLogger, fetchRequest, logLevel } from './kafkajs-internals.ts'
import { type KafkaLogger, kafkajsLogCreator } from './logger.ts'
import { askTopicId } from './topic-id.ts'

export const CONNECTION_TIMEOUT_MS = 5_000
export const AUTHENTICATION_TIMEOUT_MS = 10_000
/** A broker that is silent for so long is taken for dead. */
export const REQUEST_TIMEOUT_MS = 15_000

export type Address = Readonly<{ host: string; port: number }>

export type FetchRequest = Readonly<{
  topic: string
  partition: number
  offset: number
  maxBytes: number
  maxWaitMs: number
  isolation: Isolation
}>

export type Isolation = 'read_uncommitted' | 'read_committed'

/** ListOffsets' times for the ends of a log. */
export const LATEST = -1
export const EARLIEST = -2

/**
 * One connection of its own to one broker. A broker answers the requests of a connection one after another, and a fetch at
 * the end of a log waits: readers that shared a connection would wait for each other's silence.
 */
export type Line = Readonly<{
  /** The answer to a Fetch v11, undecoded (fetch-response.ts). A `lent` one is overwritten by the fourth lent one after it. */
  fetch(request: FetchRequest, memory: 'lent' | 'own'): Promise<Buffer>
  /** The first offset at or after `timeMs`, or LATEST or EARLIEST; undefined when there is none. */
  offsetAt(topic: string, partition: number, timeMs: number, isolation: Isolation): Promise<number | undefined>
  /** Fails what is under way. */
  close(): void
}>

/** Reaches brokers as configured; throws kafkajs's errors. */
export type Brokers = Readonly<{
  /** Where each partition's leader is; undefined while it has none. */
  leaders(topic: string): Promise<readonly (Address | undefined)[]>
  /** Null before Kafka 2.8, which has none. */
  topicId(topic: string): Promise<string | null>
  connect(address: Address): Promise<Line>
  /** False while any broker of the cluster does not know the topic, or a leader of it: after creation that takes a moment. */
  isKnownEverywhere(topic: string): Promise<boolean>
  /** Throws when no configured broker answers. */
  ping(): Promise<void>
  close(): void
}>

const ISOLATION = { read_uncommitted: 0, read_committed: 1 } as const satisfies Record<Isolation, number>

export const saslOptions = (sasl: KafkaConfig['sasl']): SASLOptions | undefined => sasl ?? undefined

export const createBrokers = (config: KafkaConfig, logger: KafkaLogger): Brokers => {
  const kafkajsLogger: Logger = createLogger({ level: logLevel.INFO, logCreator: kafkajsLogCreator(logger) })
  const poolsOver = (memory: AnswerMemory) =>
    connectionPoolBuilder({
      logger: kafkajsLogger,
      socketFactory: answerSockets(memory),
      brokers: config.brokers,
      ssl: config.ssl || undefined,
      sasl: saslOptions(config.sasl),
      clientId: config.clientId,
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      enforceRequestTimeout: true,
    })
  const seedPools = poolsOver(ownMemory)
  let seed: Broker | undefined
  let connecting: Promise<Broker> | undefined

  /** A pool of its own, of which only the first connection is ever opened. */
  const open = async (address: Address | undefined, pools = seedPools): Promise<Broker> => {
    const broker = new Broker({
      connectionPool: await pools.build(address),
      logger: kafkajsLogger,
      versions: address === undefined ? null : (seed?.versions ?? null),
      allowAutoTopicCreation: false,
      authenticationTimeout: AUTHENTICATION_TIMEOUT_MS,
    })
    try {
      await withinMs(broker.connect(), CONNECTION_TIMEOUT_MS + AUTHENTICATION_TIMEOUT_MS, 'the broker did not greet')
      return broker
    } catch (error) {
      shut(broker)
      throw error
    }
  }

  /** The configured brokers in turn, until one answers. */
  const openSeed = async (): Promise<Broker> => {
    const reasons: string[] = []
    for (const address of config.brokers) {
      try {
        seed = await open(undefined)
        return seed
      } catch (error) {
        reasons.push(sentenceOf(error))
        logger.debug({ address, reason: sentenceOf(error) }, 'a Kafka broker cannot be reached')
      }
    }
    throw new Error(`no broker of ${config.brokers.join(', ')} can be reached: ${[...new Set(reasons)].join('; ')}`)
  }

  const askSeed = async <T>(ask: (broker: Broker) => Promise<T>): Promise<T> => {
    if (seed?.isConnected() !== true) {
      connecting ??= openSeed().finally(() => {
        connecting = undefined
      })
      await connecting
    }
    const broker = seed as Broker // set by openSeed, which threw otherwise
    try {
      return await ask(broker)
    } catch (error) {
      if (typeOf(error) === undefined) {
        shut(broker)
        if (seed === broker) seed = undefined
      }
      throw error
    }
  }

  return {
    async leaders(topic) {
      const { brokers, topicMetadata } = await askSeed(broker => broker.metadata([topic])).catch(error => {
        throw typeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION'
          ? new Error(`topic ${topic} does not exist`, { cause: error })
          : error
      })
      const partitions = topicMetadata.find(metadata => metadata.topic === topic)?.partitionMetadata ?? []
      const leaders: (Address | undefined)[] = []
      for (const { partitionId, leader } of partitions) leaders[partitionId] = brokers.find(({ nodeId }) => nodeId === leader)
      return leaders
    },
    topicId: topic => askSeed(broker => askTopicId(broker, topic)),
    async connect(address) {
      const { memory, lendNext } = lentMemory()
      return lineOver(await open(address, poolsOver(memory)), lendNext)
    },
    async isKnownEverywhere(topic) {
      const knows = async (broker: Broker): Promise<boolean> => {
        const [metadata] = (await broker.metadata([topic])).topicMetadata
        return metadata.partitionMetadata.every(({ leader }) => leader >= 0)
      }
      const asks = async (address: Address): Promise<boolean> => {
        const broker = await open(address)
        return knows(broker).finally(() => shut(broker))
      }
      try {
        const { brokers } = await askSeed(broker => broker.metadata([topic]))
        return (await Promise.all(brokers.map(asks))).every(known => known)
      } catch (error) {
        if (typeOf(error) === undefined) throw error
        return false
      }
    },
    ping: async () => void (await askSeed(broker => broker.apiVersions())),
    close() {
      if (seed !== undefined) shut(seed)
      seed = undefined
    },
  }
}

const lineOver = (broker: Broker, lendNext: () => void): Line => ({
  async fetch({ topic, partition, offset, maxBytes, maxWaitMs, isolation }, memory) {
    const connection = await broker.connectionPool.getConnection()
    // answers come whole, so kafkajs holds an empty rest: it would join the next answer to it by copying
    connection.chunks = []
    if (memory === 'lent') lendNext()
    const request = fetchRequest({
      replicaId: -1,
      maxWaitTime: maxWaitMs,
      minBytes: 1,
      maxBytes,
      isolationLevel: ISOLATION[isolation],
      topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes }] }],
    })
    return connection.send({ request, response: UNDECODED, requestTimeout: REQUEST_TIMEOUT_MS + maxWaitMs })
  },
  async offsetAt(topic, partition, timeMs, isolation) {
    const { responses } = await broker.listOffsets({
      replicaId: -1,
      isolationLevel: ISOLATION[isolation],
      topics: [{ topic, partitions: [{ partition, timestamp: timeMs }] }],
    })
    const offset = Number(responses[0].partitions[0].offset)
    return offset < 0 ? undefined : offset
  },
  close: () => shut(broker),
})

/** The connection waits as long as the broker's quota asks it to (KIP-219), which it reads off the decoded answer. */
const UNDECODED = {
  decode: async (payload: Buffer) => ({ payload, clientSideThrottleTime: payload.readInt32BE(0) }),
  parse: async ({ payload }: Readonly<{ payload: Buffer }>) => payload,
}

const shut = (broker: Broker): void => {
  broker.connectionPool.map(connection => connection.rejectRequests(new Error('the connection was closed')))
  broker.connectionPool.destroy().catch(() => {})
}

/** kafkajs waits for ever when the other side ends the connection before the handshake is done. */
const withinMs = async <T>(work: Promise<T>, ms: number, reason: string): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${reason} within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
