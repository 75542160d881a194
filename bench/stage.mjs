// One stage over a whole topic, several times in this process (the first pass warms it up): a line of JSON a pass.
// node bench/stage.mjs STAGE SHAPE [PASSES]
//   STAGE  read: records walked, no value looked at · decode: + values into columns · windows: + folded into panes, in memory ·
//          monitor: the whole role as `tidemark run` starts it, with checkpoints in Redis, fired windows, results in Kafka
//   SHAPE  map · typed
import { randomUUID } from 'node:crypto'
import Redis from 'ioredis'
import { Kafka, logLevel } from 'kafkajs'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { systemClock } from '../dist/clock.js'
import { createKafkaLog } from '../dist/consumers/kafka/log.js'
import { codecs } from '../dist/events/avro/codec.js'
import { createDecoder } from '../dist/events/avro/decoder.js'
import { Code } from '../dist/events/avro/faults.js'
import { FRAME_BYTES } from '../dist/events/avro/frame.js'
import { createEventColumns } from '../dist/events/columns.js'
import { createConfluentRegistry } from '../dist/events/confluent-registry.js'
import { createTextInterner } from '../dist/events/interner.js'
import { createMonitorContext } from '../dist/roles/monitor/create-context.js'
import { createIngest } from '../dist/roles/monitor/ingest.js'
import { startMonitor } from '../dist/roles/monitor/monitor.js'
import { prepareTopics } from '../dist/roles/topics.js'
import { createDomainMetrics } from '../dist/sinks/prometheus/domain-metrics.js'
import { createProcessMetrics } from '../dist/sinks/prometheus/process-metrics.js'
import { shardOf } from '../dist/windows/hash.js'
import { createPartitionWindows } from '../dist/windows/partition.js'
import { createPlans } from '../dist/windows/plan.js'
import { createRedisStore } from '../dist/windows/store/redis/store.js'
import { configOf } from './config.mjs'
import { meter } from './meter.mjs'
import { servers } from './servers.mjs'
import { EVENTS, PARTITIONS, TOPICS } from './workload.mjs'

/** As the monitor's session has it. */
const BATCH_ROWS = 1024
const POLL_MS = 20

const [stage, shape, passes = '1'] = process.argv.slice(2)
const given = await servers()
const config = configOf(shape, given, 'bench')
const logger = pino({ level: config.log.level }, pino.destination(2))
const log = createKafkaLog(config.kafka, logger)
const schemas = createConfluentRegistry(config.schemaRegistry)
const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition)

/** All partitions to their end, each reader fetching ahead, as the monitor's tasks do. */
const readAll = async consumers => {
  const measured = meter()
  let read = 0
  await Promise.all(
    partitions.map(async partition => {
      const reader = await log.reader({ topic: TOPICS[shape], partition })
      const { highOffset } = await reader.range()
      let pending = reader.fetch(0)
      for (let offset = 0; offset < highOffset; ) {
        const fetched = await pending
        if (fetched.kind !== 'records') throw new Error(`partition ${partition}: ${JSON.stringify(fetched)}`)
        offset = fetched.nextOffset()
        if (offset < highOffset) pending = reader.fetch(offset)
        for (const block of fetched.blocks) {
          await consumers[partition](block)
          read += block.count
          measured.at(read)
        }
      }
    }),
  )
  return measured.end(read)
}

const decoderOf = plans => {
  const texts = createTextInterner()
  const decoder = createDecoder({ dictionary: plans.dictionary, limits: config.limits, texts })
  return { decoder, columns: createEventColumns(BATCH_ROWS, plans.dictionary, texts) }
}

const decodeOnly = plans => {
  const { decoder, columns } = decoderOf(plans)
  return async block => {
    for (let i = 0; i < block.count; ) {
      if (columns.count === columns.capacity) columns.count = 0
      const code = decoder.decode(block, i, columns)
      if (code === Code.ok) i++
      else if (code === Code.unknownSchema) decoder.addSchema(decoder.schemaId(), await schemas.writerSchema(decoder.schemaId()))
      else throw new Error(decoder.fault().reason)
    }
  }
}

const intoWindows = plans => {
  const { decoder, columns } = decoderOf(plans)
  const windows = createPartitionWindows({
    plans,
    time: config.time,
    checkpoint: config.checkpoint,
    limits: config.limits,
    shardOf: model => shardOf(model, PARTITIONS),
    startOffset: 0,
    restored: { meta: null, panes: [], stored: [] },
  })
  const onDeadLetter = reason => {
    throw new Error(`a dead letter: ${reason}`)
  }
  const at = { topic: TOPICS[shape], partition: 0 }
  const ingest = createIngest({ at, decoder, columns, windows, maxFutureMs: config.time.maxFutureMs, onDeadLetter })
  return async block => {
    ingest.begin()
    for (;;) {
      const ingested = ingest.run(block)
      ingest.fold()
      if (ingested.kind === 'end') return
      if (ingested.kind === 'unknown-schema') decoder.addSchema(ingested.schemaId, await schemas.writerSchema(ingested.schemaId))
    }
  }
}

const runMonitor = async () => {
  const namespace = `bench-${shape}-${randomUUID().slice(0, 8)}`
  const config = configOf(shape, given, namespace)
  const redis = new Redis(given.redisUrl)
  await prepareTopics(log, config)
  const store = await createRedisStore({ url: config.redis.url, namespace, topic: TOPICS[shape], logger })
  const measured = meter()
  const registry = new Registry()
  const progress = observed(createProcessMetrics({ registry, nowMs: Date.now, defaultMetrics: true }), measured)
  const context = await createMonitorContext({
    config,
    log,
    store,
    schemas,
    clock: systemClock,
    logger,
    instance: randomUUID(),
    metrics: { process: progress.metrics, domain: createDomainMetrics(registry) },
    observer: { windows: () => {}, alerts: () => {} },
  })
  const redisBefore = await cpuSecondsOf(redis)
  const monitor = await startMonitor(context)
  const ledger = await Promise.race([allStoredAndFired(store), monitor.failed])
  // wall time ends when the last event is folded; CPU time with the checkpoint and the windows that follow it
  const result = measured.end(progress.folded(), undefined, progress.endNs())
  const redisSeconds = (await cpuSecondsOf(redis)) - redisBefore
  const results = await publishedResults(config.kafka.topics.windows)
  await monitor.stop()
  await store.close()
  await deleteAll(redis, namespace)
  return {
    ...result,
    redisCpuSeconds: round(redisSeconds),
    rssMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
    ledger,
    results,
  }
}

/** Sees through the metrics' port how far folding is. */
const observed = (metrics, measured) => {
  const positions = new Map()
  let endNs
  let folded = 0
  return {
    folded: () => folded,
    endNs: () => endNs,
    metrics: {
      ...metrics,
      partition: (role, topic, partition, state) => {
        metrics.partition(role, topic, partition, state)
        positions.set(partition, state.position)
        folded = [...positions.values()].reduce((sum, position) => sum + position, 0)
        measured.at(folded)
        if (folded === EVENTS) endNs ??= process.hrtime.bigint()
      },
    },
  }
}

/** When the store has every event and the shards have fired all that is closed. */
const allStoredAndFired = async store => {
  for (;;) {
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
    const metas = await store.partitions.progress(PARTITIONS)
    const ledger = { read: 0, inWindows: 0, late: 0, tooLate: 0, deadLettered: 0, skipped: 0 }
    for (const meta of metas) for (const name of Object.keys(ledger)) ledger[name] += meta?.restart.ledger[name] ?? 0
    if (ledger.read < EVENTS) continue
    const closedThroughMs = Math.min(...metas.map(meta => meta.closedThroughMs))
    const fired = await store.shards.firedThrough(PARTITIONS)
    if (fired.every(throughMs => throughMs !== null && throughMs >= closedThroughMs)) return ledger
  }
}

/** The windows topic, read back: what left, not what was meant to leave. */
const publishedResults = async topic => {
  const results = []
  for (const partition of partitions) {
    const reader = await log.reader({ topic, partition })
    const { highOffset } = await reader.range()
    for (let offset = 0; offset < highOffset; ) {
      const fetched = await reader.fetch(offset)
      if (fetched.kind !== 'records') throw new Error(JSON.stringify(fetched))
      for (const block of fetched.blocks)
        for (let i = 0; i < block.count; i++)
          results.push(
            summaryOf(codecs.windowResult.decode(block.bytes.subarray(block.valueStarts[i] + FRAME_BYTES, block.valueEnds[i]))),
          )
      offset = fetched.nextOffset()
    }
  }
  return results
}

const summaryOf = ({ model, version, start, samples, measures }) => {
  const measureOf = metric => measures.find(m => m.metric === metric && m.subject === '')
  const errors = measureOf('error_ratio')
  const coverage = measureOf('coverage_ratio')
  return {
    model,
    version,
    start,
    samples,
    errors: Math.round(errors.value * errors.n),
    nulls: coverage.n - Math.round(coverage.value * coverage.n),
    psi: Object.fromEntries(measures.filter(m => m.metric === 'psi').map(m => [m.subject, m.value])),
    mean: Object.fromEntries(measures.filter(m => m.metric === 'mean').map(m => [m.subject, m.value])),
  }
}

const cpuSecondsOf = async redis => {
  const info = await redis.info('cpu')
  return ['used_cpu_user', 'used_cpu_sys'].reduce((sum, name) => sum + Number(new RegExp(`${name}:([\\d.]+)`).exec(info)[1]), 0)
}

/** What the run left in Redis and Kafka. */
const deleteAll = async (redis, namespace) => {
  for await (const keys of redis.scanStream({ match: `{tidemark:${namespace}*`, count: 1000 }))
    if (keys.length > 0) await redis.del(...keys)
  const admin = new Kafka({ brokers: given.brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.deleteTopics({ topics: (await admin.listTopics()).filter(topic => topic.startsWith(namespace)) })
  await admin.disconnect()
  redis.disconnect()
}

const round = value => Math.round(value * 100) / 100

const STAGES = {
  read: () => readAll(partitions.map(() => async () => {})),
  decode: () => {
    const plans = createPlans(config)
    return readAll(partitions.map(() => decodeOnly(plans)))
  },
  windows: () => {
    const plans = createPlans(config)
    return readAll(partitions.map(() => intoWindows(plans)))
  },
  monitor: runMonitor,
}

for (let pass = 1; pass <= Number(passes); pass++) console.log(JSON.stringify({ stage, shape, pass, ...(await STAGES[stage]()) }))
await log.close()
