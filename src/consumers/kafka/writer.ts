import type { Kafka, Producer } from 'kafkajs'
import type { LogWriter } from '../log.ts'
import { sentenceOf } from './errors.ts'
import { assertSent, sendsOf } from './outgoing.ts'
import { type ChoosePartitions, chosenAlready } from './partitioner.ts'

const ALL_REPLICAS = -1

/**
 * An idempotent producer. When an append fails (its retries used up) nobody knows what was written, and kafkajs would give
 * the next append the same sequence numbers, which the broker then takes for a repetition and drops: so a failed producer is
 * never used again. The caller repeats the append with a new one; what was written before is then there twice.
 */
export const openWriter = async (client: Kafka, choose: ChoosePartitions): Promise<LogWriter> => {
  let producer: Producer | undefined
  let queue: Promise<void> = Promise.resolve()

  const opened = async (): Promise<Producer> => {
    if (producer !== undefined) return producer
    const opening = client.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: chosenAlready,
      allowAutoTopicCreation: false,
    })
    await opening.connect()
    producer = opening
    return opening
  }

  const append: LogWriter['append'] = async (topic, records) => {
    if (records.length === 0) return
    try {
      const open = await opened()
      const sends = sendsOf(records, await choose(topic, records))
      await Promise.all(
        sends.map(async ofPartition => {
          for (const messages of ofPartition)
            assertSent(await open.send({ topic, acks: ALL_REPLICAS, messages: [...messages] }), messages)
        }),
      )
    } catch (error) {
      const failed = producer
      producer = undefined
      await failed?.disconnect().catch(() => {})
      throw new Error(`${records.length} records cannot be appended to topic ${topic}: ${sentenceOf(error)}`, { cause: error })
    }
  }

  await opened()
  return {
    append(topic, records) {
      const appended = queue.then(() => append(topic, records))
      queue = appended.catch(() => {})
      return appended
    },
    async close() {
      await queue
      await producer?.disconnect()
      producer = undefined
    },
  }
}
