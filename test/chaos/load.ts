import { pino } from 'pino'
import { systemClock } from '../../src/clock.ts'
import { loadConfig } from '../../src/config/load.ts'
import { createKafkaLog } from '../../src/consumers/kafka/log.ts'
import type { OutgoingRecord } from '../../src/consumers/log.ts'
import { markerHeaders } from '../../src/consumers/marker.ts'
import { partitionOfKey } from '../../src/consumers/murmur2.ts'
import { createTopicEncoder } from '../../src/events/avro/topic-encoder.ts'
import { createConfluentRegistry } from '../../src/events/confluent-registry.ts'
import { PREDICTION_DEFAULTS } from '../../src/events/prediction-defaults.ts'
import { createRandom } from '../support/random.ts'
import type { World } from './world.ts'

/** A steady stream of events, most of them in order. */
export type Load = Readonly<{
  published(): number
  /** Ends the stream: after this every window that contains an event closes. */
  end(): Promise<void>
}>

const TICK_MS = 50
/** Event time runs so much faster than the clock on the wall: windows of minutes pass in seconds. */
const SPEED = 10
/** Before any event of the run, so that none is from the future. */
const HEAD_START_MS = 24 * 3_600_000

export type LoadOptions = Readonly<{
  seed: number
  eventsPerSecond: number
  /** Of a topic that grows, how many it has now: producers notice it minutes later by themselves. */
  partitions?: () => number
}>

export const startLoad = async (world: World, options: LoadOptions): Promise<Load> => {
  const { partitions = () => world.partitions } = options
  const { path } = world.config()
  const config = loadConfig({ file: path, flags: {}, environment: {} })
  const log = createKafkaLog(config.kafka, pino({ level: 'silent' }), { retry: { retries: 100, maxRetryTime: 1_000 } })
  const encode = await createTopicEncoder('prediction', world.topics.predictions, createConfluentRegistry(config.schemaRegistry))
  const writer = await log.writer()
  const random = createRandom(options.seed)
  const stopping = new AbortController()
  const startMs = Math.floor((Date.now() - HEAD_START_MS) / 60_000) * 60_000
  let timeMs = startMs
  let published = 0

  /** Ten seconds of every forty are slow, and fail more often. */
  const isBad = (): boolean => Math.floor(timeMs / 10_000) % 4 === 3

  const event = (): OutgoingRecord => {
    const id = `e${published++}`
    const luck = random.uniform()
    const partition = partitionOfKey(Buffer.from(id), partitions())
    if (luck < 0.002) return { key: id, value: Buffer.from('not an event'), partition }
    // out of order within the bound, late, too late
    const behindMs = luck < 0.9 ? 1_000 * random.uniform() : luck < 0.97 ? 5_000 * random.uniform() : 60_000 * random.uniform()
    const value = encode({
      ...PREDICTION_DEFAULTS,
      id,
      time: Math.max(startMs, Math.floor(timeMs - behindMs)),
      model: random.pick(['fraud', 'churn', 'price']),
      version: random.pick(['1', '2']),
      gateway: random.pick(['gw-a', 'gw-b']),
      latencyMs: (isBad() ? 100 : 20) * (0.5 + random.uniform()),
      error: random.uniform() < (isBad() ? 0.2 : 0.005) ? 'timeout' : null,
      prediction: random.uniform(),
    })
    return { key: id, value, partition }
  }

  /** A broker that is away is waited for. */
  const append = async (records: readonly OutgoingRecord[]): Promise<void> => {
    for (;;) {
      try {
        await writer.append(world.topics.predictions, records)
        return
      } catch {
        await systemClock.sleep(500)
      }
    }
  }

  const running = (async () => {
    const perTick = Math.max(1, Math.round((options.eventsPerSecond * TICK_MS) / 1_000))
    while (!stopping.signal.aborted) {
      timeMs += TICK_MS * SPEED
      await append(Array.from({ length: perTick }, event))
      await systemClock.sleep(TICK_MS, stopping.signal)
    }
  })()

  return {
    published: () => published,
    end: async () => {
      stopping.abort()
      await running
      await append(
        Array.from({ length: partitions() }, (_, partition) => ({
          key: null,
          value: null,
          partition,
          headers: markerHeaders(Math.floor(timeMs)),
        })),
      )
      await log.close()
    },
  }
}
