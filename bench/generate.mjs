// Fills the topics of the benchmark unless they are full. node bench/generate.mjs (with the stack up, after npm run build)
import { pathToFileURL } from 'node:url'
import avro from 'avsc'
import { Kafka, logLevel } from 'kafkajs'
import { partitionOfKey } from '../dist/consumers/murmur2.js'
import { frame } from '../dist/events/avro/frame.js'
import { createConfluentRegistry } from '../dist/events/confluent-registry.js'
import { servers } from './servers.mjs'
import { EVENTS, FEATURES, PARTITIONS, schemaOf, TOPICS, VERSION, workload } from './workload.mjs'

/** Records of one produced batch: about 240 KB as map, what a busy gateway's producer makes of its default settings. */
const BATCH_RECORDS = 640

/** Makes and fills the topics (shape to name) that do not hold exactly the workload. */
export const generate = async ({ brokers, registryUrl }, report = () => {}, { topics = TOPICS, events = EVENTS } = {}) => {
  const kafka = new Kafka({ brokers, clientId: 'bench', logLevel: logLevel.ERROR })
  const admin = kafka.admin()
  await admin.connect()
  try {
    for (const [shape, topic] of Object.entries(topics)) {
      if ((await recordsIn(admin, topic)) === events) continue
      report(`filling ${topic} with ${events.toLocaleString('en')} events`)
      await remake(admin, topic)
      await fill(kafka, { topic, shape, events }, registryUrl)
    }
  } finally {
    await admin.disconnect()
  }
}

const recordsIn = async (admin, topic) => {
  const topics = await admin.listTopics()
  if (!topics.includes(topic)) return -1
  const partitions = await admin.fetchTopicOffsets(topic)
  return partitions.length === PARTITIONS ? partitions.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0) : -1
}

const remake = async (admin, topic) => {
  if ((await admin.listTopics()).includes(topic)) await admin.deleteTopics({ topics: [topic] })
  const entries = { 'retention.ms': '-1', 'retention.bytes': '-1', 'compression.type': 'producer' }
  const configEntries = Object.entries(entries).map(([name, value]) => ({ name, value }))
  await admin.createTopics({
    waitForLeaders: true,
    topics: [{ topic, numPartitions: PARTITIONS, replicationFactor: 1, configEntries }],
  })
}

const fill = async (kafka, { topic, shape, events }, registryUrl) => {
  const schema = schemaOf(shape)
  const schemaId = await createConfluentRegistry({ url: registryUrl }).register(`${topic}-value`, JSON.stringify(schema))
  const encode = encoderOf(avro.Type.forSchema(schema, { wrapUnions: false }))
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const batches = Array.from({ length: PARTITIONS }, () => [])
  const send = partition => producer.send({ topic, acks: -1, messages: batches[partition].splice(0) })
  for (const event of workload(events)) {
    const key = Buffer.from(event.id)
    const partition = partitionOfKey(key, PARTITIONS)
    const value = frame(schemaId, encode(event))
    batches[partition].push({ key, value, partition, timestamp: String(event.timeMs) })
    if (batches[partition].length === BATCH_RECORDS) await send(partition)
  }
  for (let partition = 0; partition < PARTITIONS; partition++) await send(partition)
  await producer.disconnect()
}

const encoderOf = type => event => {
  const features = {}
  FEATURES.forEach((name, f) => {
    features[name] = event.features[f]
  })
  return type.toBuffer({ ...event, timestamp: event.timeMs, version: VERSION, features })
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await generate(await servers(), line => console.error(line))
