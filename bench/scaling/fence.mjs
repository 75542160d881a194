// The same log through the same session of a partition, with checkpoints into Redis each second and without any, by turns.
// node bench/scaling/fence.mjs [ROUNDS] [SERIES…]   prints a line of JSON a number of series
import { randomUUID } from 'node:crypto'
import Redis from 'ioredis'
import { openSession } from '../../dist/roles/monitor/partition-session.js'
import { createRedisStore } from '../../dist/windows/store/redis/store.js'
import { startRedis } from '../../scripts/stack.d/index.mjs'
import { WINDOW_MS } from '../workload.mjs'
import { createFeed, fetchedOf, schema } from './feed.mjs'
import { contextOf, sizedConfig } from './setup.mjs'

const FEATURES = 25
/** Live traffic at some 60,000 events a second, at twice its pace: a window of a minute takes half of one. */
const EVENTS_PER_MINUTE = 2_000_000
const EVENTS = { 10: 800_000, 1000: 1_000_000, 10000: 2_400_000 }
const WARM_EVENTS = 100_000
const NEVER_MS = 1e12

const [rounds = '2', ...sizes] = process.argv.slice(2)
const server = await startRedis()
const redisUrl = server.url

const cpuMicros = () => {
  const { user, system } = process.cpuUsage()
  return user + system
}

const redisCpu = async redis => {
  const info = await redis.info('cpu')
  return ['used_cpu_user', 'used_cpu_sys'].reduce((sum, name) => sum + Number(new RegExp(`${name}:([\\d.]+)`).exec(info)[1]), 0)
}

const run = async (series, isFenced) => {
  const checkpoint = isFenced ? {} : { intervalMs: NEVER_MS }
  const config = sizedConfig({ series, features: FEATURES, redisUrl, checkpoint })
  const redis = new Redis(redisUrl)
  const { context, logger } = await contextOf(config, await storeOf(config))
  const schemaId = await context.schemas.register('scaling-value', JSON.stringify(schema))
  const feed = createFeed({ series, features: FEATURES, schemaId, perMinute: EVENTS_PER_MINUTE })
  const token = randomUUID()
  const claimed = await context.store.partitions.claim(0, token)
  const session = await openSession(context, {
    partition: 0,
    token,
    start: { offset: 0, lostRecords: 0, rebuilt: false },
    commitId: claimed.commitId,
    restored: { meta: null, panes: [], stored: [] },
    logger,
    signal: new AbortController().signal,
    onCheckpoint: () => {},
  })
  const read = async until => {
    while (feed.offset() < until) await session.fold(fetchedOf(feed.next()))
  }
  await read(WARM_EVENTS)
  const before = { cpu: cpuMicros(), redis: await redisCpu(redis), ns: process.hrtime.bigint() }
  await read(WARM_EVENTS + EVENTS[series])
  const result = {
    cpuMicros: (cpuMicros() - before.cpu) / EVENTS[series],
    wallMicros: Number(process.hrtime.bigint() - before.ns) / 1000 / EVENTS[series],
    redisMicros: (1e6 * ((await redisCpu(redis)) - before.redis)) / EVENTS[series],
  }
  if (isFenced) await session.finish()
  session.close()
  await context.store.close()
  for await (const keys of redis.scanStream({ match: `{tidemark:${config.namespace}*`, count: 1000 }))
    if (keys.length > 0) await redis.unlink(...keys)
  redis.disconnect()
  return result
}

/** Nothing fires here: windows count as fired two minutes after they have closed, so that panes are deleted as ever. */
const storeOf = async config => {
  const logger = { info: () => {}, warn: () => {} }
  const store = await createRedisStore({
    url: config.redis.url,
    namespace: config.namespace,
    topic: config.kafka.topics.predictions,
    logger,
  })
  const firedThrough = async () => {
    const [meta] = await store.partitions.progress(1)
    return [meta === null ? null : meta.closedThroughMs - 2 * WINDOW_MS]
  }
  return { ...store, shards: { ...store.shards, firedThrough } }
}

const least = runs => Object.fromEntries(Object.keys(runs[0]).map(name => [name, Math.min(...runs.map(found => found[name]))]))

for (const series of sizes.length > 0 ? sizes.map(Number) : Object.keys(EVENTS).map(Number)) {
  const runs = { off: [], on: [] }
  for (let round = 0; round < Number(rounds); round++) {
    runs.off.push(await run(series, false))
    runs.on.push(await run(series, true))
  }
  console.log(JSON.stringify({ axis: 'fence', size: series, off: least(runs.off), on: least(runs.on) }))
}
await server.stop()
