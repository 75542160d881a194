import type { Kafka, Transaction } from 'kafkajs'
import type { FencedLogWriter } from '../log.ts'
import { sentenceOf, typeOf } from './errors.ts'
import { assertSent, sendsOf } from './outgoing.ts'
import { type ChoosePartitions, chosenAlready } from './partitioner.ts'

const ALL_REPLICAS = -1
/** A writer that died within a transaction holds back its topic's readers for so long at most. */
const TRANSACTION_TIMEOUT_MS = 15_000

/** 47 INVALID_PRODUCER_EPOCH; 90 PRODUCER_FENCED, which kafkajs does not know by name. */
const isFenced = (error: unknown): boolean =>
  typeOf(error) === 'INVALID_PRODUCER_EPOCH' || (error instanceof Error && error.message.includes('Unknown error code 90'))

/**
 * A transactional producer; one transaction an append. Opening it raises the id's epoch at once (kafkajs by itself would do so
 * with the first transaction, when an older writer that was never used could fence a newer one).
 *
 * For the same reason it is never opened again behind the caller's back. After an append whose outcome is unknown `append`
 * throws for good: the caller makes sure that it still owns what it writes for, and opens another.
 */
export const openFencedWriter = async (
  client: Kafka,
  choose: ChoosePartitions,
  transactionalId: string,
): Promise<FencedLogWriter> => {
  const producer = client.producer({
    transactionalId,
    idempotent: true,
    maxInFlightRequests: 1,
    transactionTimeout: TRANSACTION_TIMEOUT_MS,
    createPartitioner: chosenAlready,
    allowAutoTopicCreation: false,
  })
  let state: Readonly<{ kind: 'open' } | { kind: 'fenced' } | { kind: 'unknown'; reason: string }> = { kind: 'open' }
  let queue: Promise<unknown> = Promise.resolve()

  const fail = async (transaction: Transaction | undefined, error: unknown): Promise<void> => {
    if (isFenced(error)) {
      state = { kind: 'fenced' }
      return
    }
    try {
      await transaction?.abort()
    } catch (abortError) {
      state = isFenced(abortError) ? { kind: 'fenced' } : { kind: 'unknown', reason: sentenceOf(error) }
    }
  }

  const append: FencedLogWriter['append'] = async (topic, records) => {
    if (state.kind === 'fenced') return state
    if (state.kind === 'unknown') {
      throw new Error(`the writer ${transactionalId} cannot go on after: ${state.reason}; open another`)
    }
    if (records.length === 0) return { kind: 'ok' }
    let transaction: Transaction | undefined
    try {
      const sends = sendsOf(records, await choose(topic, records)).flat()
      transaction = await producer.transaction()
      for (const messages of sends)
        assertSent(await transaction.send({ topic, acks: ALL_REPLICAS, messages: [...messages] }), messages)
      await transaction.commit()
      return { kind: 'ok' }
    } catch (error) {
      await fail(transaction, error)
      if ((state as { kind: string }).kind === 'fenced') return { kind: 'fenced' }
      throw new Error(`${records.length} records cannot be appended to topic ${topic}: ${sentenceOf(error)}`, { cause: error })
    }
  }

  await producer.connect()
  await (await producer.transaction()).abort()
  return {
    append(topic, records) {
      const appended = queue.then(() => append(topic, records))
      queue = appended.catch(() => {})
      return appended
    },
    async close() {
      await queue
      await producer.disconnect()
    },
  }
}
