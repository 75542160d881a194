// Bytes of a series with two open panes: in the process (heap and array buffers, after garbage collection) and in Redis.
// node --expose-gc bench/scaling/memory.mjs   prints a line of JSON
import { randomUUID } from 'node:crypto'
import Redis from 'ioredis'
import { createDecoder } from '../../dist/events/avro/decoder.js'
import { createEventColumns } from '../../dist/events/columns.js'
import { createTextInterner } from '../../dist/events/interner.js'
import { createIngest } from '../../dist/roles/monitor/ingest.js'
import { createPlans } from '../../dist/windows/plan.js'
import { createRedisStore } from '../../dist/windows/store/redis/store.js'
import { startRedis } from '../../scripts/stack.d/index.mjs'
import { createFeed, schema } from './feed.mjs'
import { freshWindows, sizedConfig } from './setup.mjs'

const SERIES = 2_000
const FEATURES = 25
/** 100 events to a series and minute. */
const EVENTS_PER_MINUTE = 100 * SERIES
const SCHEMA_ID = 1
const SECOND_EVENTS = EVENTS_PER_MINUTE / 60

const server = await startRedis()
const config = sizedConfig({ series: SERIES, features: FEATURES, redisUrl: server.url })
const plans = createPlans(config)
const feed = createFeed({
  series: SERIES,
  features: FEATURES,
  schemaId: SCHEMA_ID,
  perMinute: EVENTS_PER_MINUTE,
  blockRecords: 100,
})
const texts = createTextInterner()
const decoder = createDecoder({ dictionary: plans.dictionary, limits: config.limits, texts })
decoder.addSchema(SCHEMA_ID, JSON.stringify(schema))
const columns = createEventColumns(1024, plans.dictionary, texts)
const store = await createRedisStore({
  url: server.url,
  namespace: config.namespace,
  topic: 'scaling',
  logger: { info: () => {}, warn: () => {} },
})
const token = randomUUID()
await store.partitions.claim(0, token)

const bytesNow = () => {
  global.gc()
  global.gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const empty = bytesNow()
const windows = freshWindows(config, plans)
const at = { topic: 'scaling', partition: 0 }
const ingest = createIngest({ at, decoder, columns, windows, maxFutureMs: 1e12, onDeadLetter: () => {} })
let commitId = ''
let commits = 0

const checkpoint = async everything => {
  const plan = windows.planCheckpoint({
    nextOffset: feed.offset(),
    fingerprint: undefined,
    nowMs: feed.timeMs(),
    firedThroughMs: -8.64e15,
    idle: false,
    caughtUp: false,
    everything,
  })
  const command = { token, previousCommitId: commitId, commitId: `${token}:${++commits}`, ...plan }
  const reply = await store.partitions.checkpoint(0, command)
  if (reply.kind !== 'ok') throw new Error(reply.kind)
  commitId = command.commitId
  windows.committed(plan)
}

/** To a second of event time, with a checkpoint each second, as in live traffic. */
const readTo = async second => {
  while (feed.offset() < second * SECOND_EVENTS) {
    const checkpointAt = feed.offset() + SECOND_EVENTS
    while (feed.offset() < checkpointAt) {
      const block = feed.next()
      ingest.begin()
      ingest.run(block)
      ingest.fold()
    }
    await checkpoint(false)
  }
}

const perSeries = bytes => Math.round(bytes / SERIES)

await readTo(64)
// events of the minute before still come: at most 5 s late
const bothTaking = perSeries(bytesNow() - empty)
await readTo(69)
const oneTaking = perSeries(bytesNow() - empty)
await checkpoint(true)
const redis = new Redis(server.url)
let stored = 0
let keysFound = 0
for await (const keys of redis.scanStream({ match: `*${config.namespace}*`, count: 1000 }))
  for (const key of keys) {
    stored += await redis.memory('USAGE', key, 'SAMPLES', '0')
    keysFound++
  }
console.log(
  JSON.stringify({
    axis: 'memory',
    size: SERIES,
    bothTaking,
    oneTaking,
    redis: perSeries(stored),
    keys: keysFound,
    usage: windows.usage(),
  }),
)
redis.disconnect()
await store.close()
await server.stop()
