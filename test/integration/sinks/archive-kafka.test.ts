import { randomUUID } from 'node:crypto'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import type { KafkaConfig } from '../../../src/config/config.ts'
import { createKafkaLog } from '../../../src/consumers/kafka/log.ts'
import type { Log, LogWriter } from '../../../src/consumers/log.ts'
import { createTopicEncoder } from '../../../src/events/avro/topic-encoder.ts'
import { createConfluentRegistry } from '../../../src/events/confluent-registry.ts'
import { PREDICTION_DEFAULTS } from '../../../src/events/prediction-defaults.ts'
import { createTranscode } from '../../../src/roles/archive/transcode.ts'
import { startArchive } from '../../../src/roles/archive.ts'
import { createProcessMetrics } from '../../../src/sinks/prometheus/process-metrics.ts'
import { until } from '../../sinks/support.ts'
import { stack } from '../../support/stack.ts'
import { kafkaConfig, newClient, silent } from '../consumers/kafka-support.ts'
import { ownIndex } from './support.ts'

const PARTITIONS = 4

describe('the archive, on the real Kafka, registry and Elasticsearch,', () => {
  let own: ReturnType<typeof ownIndex>
  let namespace: string
  let kafka: KafkaConfig
  const closing: (() => Promise<void>)[] = []
  const crashes: Error[] = []
  let log: Log
  let writer: LogWriter
  beforeEach(async () => {
    own = ownIndex()
    namespace = `archive-${randomUUID().slice(0, 8)}`
    kafka = kafkaConfig({
      partitions: PARTITIONS,
      topics: { predictions: namespace, windows: 'windows', alerts: 'alerts', deadLetters: `${namespace}-dead-letters` },
      // A fetch is a few events: members come and go in the middle.
      fetchMaxBytes: 4_096,
    })
    log = createKafkaLog(kafka, silent)
    const topic = (name: string, partitions: number) => ({ name, partitions, config: {} })
    await log.ensureTopics([topic(namespace, PARTITIONS), topic(kafka.topics.deadLetters, 1)], { create: true })
    writer = await log.writer()
    closing.push(log.close, own.close)
  })
  afterEach(async () => {
    for (const close of closing.splice(0)) await close()
  })

  /** An archive with connections of its own, as another process has. */
  const start = () => {
    const ownLog = createKafkaLog(kafka, silent)
    const archive = startArchive({
      config: {
        namespace,
        kafka,
        budget: { memoryBytes: 64 * 2 ** 20, stateBytes: 0, outboxAlerts: 0 },
        elasticsearch: { url: stack().elasticsearchUrl, index: own.index },
      },
      log: ownLog,
      transcode: createTranscode(createConfluentRegistry({ url: stack().registryUrl }), { clock: systemClock, logger: silent }),
      incarnation: '',
      deadLetterWriter: writer,
      metrics: createProcessMetrics({ registry: new Registry(), nowMs: Date.now, defaultMetrics: false }),
      logger: silent,
      clock: systemClock,
      random: Math.random,
      onCrash: error => crashes.push(error),
    })
    return {
      archive,
      stop: async () => {
        await archive.stop()
        await ownLog.close()
      },
    }
  }

  const committedSum = async (): Promise<number> => {
    const admin = newClient().admin()
    await admin.connect()
    const [{ partitions }] = await admin.fetchOffsets({ groupId: `${namespace}-archive`, topics: [namespace] })
    await admin.disconnect()
    return partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0)
  }

  test('has each event once while members join and leave, and its group’s offsets reach the end', async () => {
    const encode = await createTopicEncoder('prediction', namespace, createConfluentRegistry({ url: stack().registryUrl }))
    const send = (from: number, to: number) =>
      writer.append(
        namespace,
        Array.from({ length: to - from }, (_, i) => {
          const id = `p${from + i}`
          return {
            key: id,
            value: encode({ ...PREDICTION_DEFAULTS, id, time: Date.now(), model: 'm', version: 'v1', features: { x: i } }),
          }
        }),
      )
    await send(0, 1_000)
    const first = start()
    await until(async () => (await committedSum()) > 0)
    const second = start()
    await send(1_000, 2_000)
    await until(() => second.archive.health().kind === 'ok')
    await first.stop()
    await send(2_000, 3_000)
    await until(async () => (await committedSum()) === 3_000)
    await second.stop()
    const found = await own.find()
    expect(found).toHaveLength(3_000)
    expect(await own.find({ term: { id: 'p2999' } })).toHaveLength(1)
    expect(crashes).toEqual([])
  })

  test('follows its topic through a deletion: what is made under the name is archived from the start, beside the old', async () => {
    const encode = await createTopicEncoder('prediction', namespace, createConfluentRegistry({ url: stack().registryUrl }))
    const send = (prefix: string, count: number) =>
      writer.append(
        namespace,
        Array.from({ length: count }, (_, i) => {
          const id = `${prefix}${i}`
          return { key: id, value: encode({ ...PREDICTION_DEFAULTS, id, time: Date.now(), model: 'm', version: 'v1' }) }
        }),
      )
    await send('old', 500)
    const running = start()
    await until(async () => (await committedSum()) === 500)
    const oldId = await log.topicId(namespace)
    const admin = newClient().admin()
    await admin.connect()
    await admin.deleteTopics({ topics: [namespace] })
    await admin.disconnect()
    await until(async () => running.archive.health().kind === 'down')
    await log.ensureTopics([{ name: namespace, partitions: PARTITIONS, config: {} }], { create: true })
    await send('new', 800)
    await until(async () => (await committedSum()) === 800)
    const ids = await own.find()
    expect(ids).toHaveLength(1_300)
    expect(ids.filter(id => id.startsWith(`${namespace}-${oldId}-`))).toHaveLength(500)
    expect(await own.find({ prefix: { id: 'new' } })).toHaveLength(800)
    await running.stop()
    expect(crashes).toEqual([])
  })
})
