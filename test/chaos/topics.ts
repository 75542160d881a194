import { randomUUID } from 'node:crypto'
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import { Kafka, logLevel } from 'kafkajs'
import { pino } from 'pino'
import { loadConfig } from '../../src/config/load.ts'
import { createKafkaLog } from '../../src/consumers/kafka/log.ts'
import { eventually } from '../support/tidemark-process.ts'
import type { World } from './world.ts'

/** A record of the predictions topic, as the stock client reads it. */
export type PlainEvent = Readonly<{
  partition: number
  offset: number
  /** null: a marker. undefined: not an event. */
  event: Readonly<Record<string, unknown>> | null | undefined
}>

/** The whole predictions topic, read by the stock clients: each partition in offset order. */
export const readPredictions = async (world: World): Promise<readonly PlainEvent[]> => {
  const kafka = new Kafka({ brokers: [...world.kafka.addresses], logLevel: logLevel.NOTHING })
  const registry = new SchemaRegistry({ host: world.registryUrl })
  const topic = world.topics.predictions
  const admin = kafka.admin()
  await admin.connect()
  const ends = new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, Number(high)]))
  await admin.disconnect()
  const left = new Set([...ends].filter(([, high]) => high > 0).map(([partition]) => partition))
  const consumer = kafka.consumer({ groupId: `chaos-${randomUUID()}` })
  const read: PlainEvent[] = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      const offset = Number(message.offset)
      const event = message.value === null ? null : await registry.decode(message.value).catch(() => undefined)
      read.push({ partition, offset, event })
      if (offset === (ends.get(partition) ?? 0) - 1) left.delete(partition)
    },
  })
  await eventually('the topic is read to its end', async () => left.size === 0, 180_000)
  await consumer.disconnect()
  return read.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset)
}

/** Everything committed that is in a topic now; values decoded. */
export const readTopic = async (world: World, topic: string): Promise<readonly Record<string, unknown>[]> => {
  const { kafka } = loadConfig({ file: world.config().path, environment: {} })
  const log = createKafkaLog(kafka, pino({ level: 'silent' }), { maxWaitMs: 100 })
  const registry = new SchemaRegistry({ host: world.registryUrl })
  const values: Record<string, unknown>[] = []
  try {
    for (let partition = 0; partition < (await log.partitionCount(topic)); partition++) {
      const reader = await log.reader({ topic, partition })
      const { highOffset, lowOffset } = await reader.range()
      for (let offset = lowOffset; offset < highOffset; ) {
        const fetched = await reader.fetch(offset)
        if (fetched.kind !== 'records') throw new Error(`${topic}-${partition} at ${offset}: ${JSON.stringify(fetched)}`)
        for (const { bytes, valueStarts, valueEnds, count } of fetched.blocks)
          for (let i = 0; i < count; i++) {
            if (valueStarts[i] < 0) continue
            const value = Buffer.from(bytes.subarray(valueStarts[i], valueEnds[i]))
            values.push((await registry.decode(value)) as Record<string, unknown>)
          }
        offset = fetched.nextOffset()
      }
      await reader.close()
    }
    return values
  } finally {
    await log.close()
  }
}
