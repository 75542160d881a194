import { CompressionCodecs, CompressionTypes, type Message } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Codec, scanBatches } from '../../../src/consumers/kafka/batch-header.ts'
import { createBrokers } from '../../../src/consumers/kafka/connection.ts'
import { readFetchResponse } from '../../../src/consumers/kafka/fetch-response.ts'
import { compressAs, initCodecs } from '../../consumers/kafka/encode.ts'
import { readRange } from '../../consumers/support.ts'
import { kafkaConfig, newClient, newLog, newPrefix, silent } from './kafka-support.ts'

const RECORDS = 300
const CODECS = [
  ['gzip', CompressionTypes.GZIP],
  ['snappy', CompressionTypes.Snappy],
  ['lz4', CompressionTypes.LZ4],
  ['zstd', CompressionTypes.ZSTD],
] as const satisfies readonly (readonly [Codec, CompressionTypes])[]

const prefix = newPrefix()
const log = newLog()
const producer = newClient().producer({ allowAutoTopicCreation: false })
const messages: readonly Message[] = Array.from({ length: RECORDS }, (_, i) => ({
  key: `key ${i}`,
  value: i % 50 === 7 ? null : `value ${i}, which repeats itself as values do ${'x'.repeat(i)}`,
  headers: i % 3 === 0 ? { n: String(i) } : undefined,
  timestamp: String(1_700_000_000_000 + i * 1000),
}))

beforeAll(async () => {
  await initCodecs()
  const codec = (compress: (bytes: Buffer) => Buffer) => () => ({
    compress: async ({ buffer }: { buffer: Buffer }) => compress(buffer),
    decompress: async (bytes: Buffer) => bytes,
  })
  CompressionCodecs[CompressionTypes.Snappy] = codec(bytes => compressAs('snappy', bytes))
  CompressionCodecs[CompressionTypes.LZ4] = codec(bytes => compressAs('lz4', bytes))
  CompressionCodecs[CompressionTypes.ZSTD] = codec(bytes => compressAs('zstd', bytes))
  await producer.connect()
})
afterAll(() => Promise.all([log.close(), producer.disconnect()]))

/** How the first batch lies in the log. */
const codecInLog = async (topic: string): Promise<Codec> => {
  const brokers = createBrokers(kafkaConfig(), silent)
  const [leader] = await brokers.leaders(topic)
  if (leader === undefined) throw new Error(`${topic} has no leader`)
  const line = await brokers.connect(leader)
  const bytes = await line.fetch(
    { topic, partition: 0, offset: 0, maxBytes: 1, maxWaitMs: 0, isolation: 'read_committed' },
    'own',
  )
  line.close()
  brokers.close()
  const fetched = readFetchResponse(bytes, topic, 0)
  return scanBatches(bytes, fetched?.recordsStart ?? 0, fetched?.recordsEnd ?? 0, 0).batches[0].codec
}

const produceAndRead = async (topic: string, compressionType: string, compression: CompressionTypes) => {
  const config = { 'compression.type': compressionType }
  expect(await log.ensureTopics([{ name: topic, partitions: 1, replicationFactor: 1, config }], { create: true })).toEqual([])
  await producer.send({ topic, messages: messages.slice(0, 200), compression })
  await producer.send({ topic, messages: messages.slice(200), compression })
  const reader = await log.reader({ topic, partition: 0 })
  const all = await readRange(reader, 0, RECORDS)
  const fromMiddle = await readRange(reader, 123, RECORDS)
  await reader.close()
  return { all, fromMiddle }
}

const expected = messages.map((message, offset) => ({
  offset,
  timestampMs: Number(message.timestamp),
  key: message.key,
  value: message.value,
  headers:
    message.headers === undefined
      ? '00'
      : `02026e${Buffer.from([2 * String(offset).length]).toString('hex')}${Buffer.from(String(offset)).toString('hex')}`,
}))

describe.each(CODECS)('%s', (codec, type) => {
  test('as a Node producer writes it', async () => {
    const topic = `${prefix}-node-${codec}`
    const { all, fromMiddle } = await produceAndRead(topic, 'producer', type)
    expect(await codecInLog(topic)).toBe(codec)
    expect(all).toEqual(expected)
    expect(fromMiddle).toEqual(expected.slice(123))
  })

  // A broker compresses anew where the topic asks for another codec: with the libraries of the Java client.
  test('as Java writes it', async () => {
    const topic = `${prefix}-java-${codec}`
    const { all, fromMiddle } = await produceAndRead(topic, codec, CompressionTypes.None)
    expect(await codecInLog(topic)).toBe(codec)
    expect(all).toEqual(expected)
    expect(fromMiddle).toEqual(expected.slice(123))
  })
})
