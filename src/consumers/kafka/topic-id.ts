import { errorName } from './errors.ts'
import { type Broker, Encoder } from './kafkajs-internals.ts'

/** Metadata, in the first version whose form Kafka 2.8 and 4.x share. kafkajs itself speaks 6. */
const METADATA = { apiKey: 3, apiVersion: 11, apiName: 'Metadata' } as const
const UUID_BYTES = 16

/**
 * Kafka's own id of a topic, as its tools print it (base64, 22 characters). Null where the broker gives none. Throws when the
 * topic does not exist.
 */
export const askTopicId = async (broker: Broker, topic: string): Promise<string | null> => {
  const newest = broker.versions?.[METADATA.apiKey]?.maxVersion ?? 0
  if (newest < METADATA.apiVersion) return null
  const connection = await broker.connectionPool.getConnection()
  const answer = await connection.send({
    request: { ...METADATA, encode: async () => new Encoder().writeBuffer(encodeTopicRequest(topic)) },
    response: {
      decode: async (payload: Buffer) => ({ payload, clientSideThrottleTime: afterTags(reading(payload)).int32() }),
      parse: async ({ payload }) => readTopicAnswer(payload),
    },
  })
  if (answer.errorCode === UNKNOWN_TOPIC) throw new Error(`topic ${topic} does not exist`)
  if (answer.errorCode !== 0 && answer.errorCode !== LEADER_NOT_AVAILABLE)
    throw new Error(`the id of topic ${topic} cannot be had: ${errorName(answer.errorCode)}`)
  return answer.topicId
}

const UNKNOWN_TOPIC = 3
const LEADER_NOT_AVAILABLE = 5

/**
 * What follows the client id of a request for one topic (`compact`: lengths are varints, one more than the length):
 *
 *   tags, topics compact [id uuid, name compact string, tags], createTopic bool, operations bool, tags
 */
export const encodeTopicRequest = (topic: string): Buffer => {
  const name = Buffer.from(topic)
  const one = 2
  return Buffer.concat([
    Buffer.from([0, one]),
    Buffer.alloc(UUID_BYTES),
    varint(name.length + 1),
    name,
    Buffer.from([0, 0, 0, 0]),
  ])
}

const varint = (value: number): Buffer => (value < 0x80 ? Buffer.from([value]) : Buffer.from([(value & 0x7f) | 0x80, value >> 7]))

/**
 * Reads the answer as far as the id:
 *
 *   tags, throttle i32, brokers compact [node i32, host, port i32, rack, tags], cluster, controller i32,
 *   topics compact [error i16, name, id uuid, ...]
 */
export const readTopicAnswer = (payload: Buffer): Readonly<{ errorCode: number; topicId: string | null }> => {
  const read = afterTags(reading(payload))
  read.int32()
  for (let brokers = read.varint() - 1; brokers > 0; brokers--) {
    read.int32()
    read.skipString()
    read.int32()
    read.skipString()
    afterTags(read)
  }
  read.skipString()
  read.int32()
  if (read.varint() < 2) throw new Error('the broker says nothing about the topic')
  const errorCode = read.int16()
  read.skipString()
  const id = read.bytes(UUID_BYTES)
  return { errorCode, topicId: id.every(byte => byte === 0) ? null : id.toString('base64url') }
}

type Reading = ReturnType<typeof reading>

const reading = (bytes: Buffer) => {
  let at = 0
  const take = (length: number): number => {
    const start = at
    at += length
    if (at > bytes.length) throw new Error(`the broker's answer is cut off at ${bytes.length} bytes`)
    return start
  }
  const varint = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[take(1)]
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  return {
    varint,
    int16: () => bytes.readInt16BE(take(2)),
    int32: () => bytes.readInt32BE(take(4)),
    bytes: (length: number) => bytes.subarray(take(length), at),
    /** A null string has length 0, an empty one 1. */
    skipString: () => void take(Math.max(0, varint() - 1)),
  }
}

const afterTags = (read: Reading): Reading => {
  for (let tags = read.varint(); tags > 0; tags--) {
    read.varint()
    read.bytes(read.varint())
  }
  return read
}
