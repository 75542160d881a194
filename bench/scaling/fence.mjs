// The same log through the same session of a partition, with checkpoints into Redis each second and without any, by turns of a
// quarter of a second: other work on the machine meets both alike.
// node bench/scaling/fence.mjs [SERIES…]   prints a line of JSON a number of series
import { randomUUID } from 'node:crypto'
import Redis from 'ioredis'
import { systemClock } from '../../dist/clock.js'
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
const BLOCK_RECORDS = 4096
const BLOCKS_A_TURN = 8

const sizes = process.argv.slice(2)
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

/** A session over a log of its own, and a clock that stands still while the session does not run. */
const open = async (series, isFenced) => {
  const checkpoint = isFenced ? {} : { intervalMs: NEVER_MS }
  const config = sizedConfig({ series, features: FEATURES, redisUrl, checkpoint })
  const { context, logger } = await contextOf(config, await storeOf(config))
  const schemaId = await context.schemas.register('scaling-value', JSON.stringify(schema))
  const feed = createFeed({ series, features: FEATURES, schemaId, perMinute: EVENTS_PER_MINUTE, blockRecords: BLOCK_RECORDS })
  const token = randomUUID()
  const claimed = await context.store.partitions.claim(0, token)
  let ranMs = 0
  let resumedMs = null
  const clock = { ...systemClock, now: () => ranMs + (resumedMs === null ? 0 : performance.now() - resumedMs) }
  const session = await openSession(
    { ...context, clock },
    {
      partition: 0,
      token,
      start: { offset: 0, lostRecords: 0, rebuilt: false },
      commitId: claimed.commitId,
      restored: { meta: null, panes: [], stored: [] },
      logger,
      signal: new AbortController().signal,
      onCheckpoint: () => {},
    },
  )
  const spent = { cpuMicros: 0, wallMicros: 0, redisMicros: 0, events: 0 }
  return {
    spent,
    run: async (blocks, redis) => {
      const before = { cpu: cpuMicros(), redis: await redisCpu(redis) }
      resumedMs = performance.now()
      for (let block = 0; block < blocks; block++) await session.fold(fetchedOf(feed.next()))
      await systemClock.breathe()
      const elapsedMs = performance.now() - resumedMs
      ranMs += elapsedMs
      resumedMs = null
      if (feed.offset() <= WARM_EVENTS) return
      spent.cpuMicros += cpuMicros() - before.cpu
      spent.wallMicros += elapsedMs * 1000
      spent.redisMicros += 1e6 * ((await redisCpu(redis)) - before.redis)
      spent.events += blocks * BLOCK_RECORDS
    },
    close: async redis => {
      resumedMs = performance.now()
      if (isFenced) await session.finish()
      session.close()
      await context.store.close()
      for await (const keys of redis.scanStream({ match: `{tidemark:${config.namespace}*`, count: 1000 }))
        if (keys.length > 0) await redis.unlink(...keys)
    },
  }
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

const perEvent = ({ events, ...spent }) =>
  Object.fromEntries(Object.entries(spent).map(([name, total]) => [name, total / events]))

for (const series of sizes.length > 0 ? sizes.map(Number) : Object.keys(EVENTS).map(Number)) {
  const redis = new Redis(redisUrl)
  const sessions = [await open(series, false), await open(series, true)]
  for (let turn = 0; sessions[0].spent.events < EVENTS[series]; turn++)
    for (const session of turn % 2 === 0 ? sessions : sessions.toReversed()) await session.run(BLOCKS_A_TURN, redis)
  const [off, on] = sessions.map(({ spent }) => perEvent(spent))
  for (const session of sessions) await session.close(redis)
  redis.disconnect()
  console.log(JSON.stringify({ axis: 'fence', size: series, off, on }))
}
await server.stop()
