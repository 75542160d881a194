// What an event, a stored pane and a fired window cost, apart: the monitor's own code over the store's twin, one thread.
// node bench/scaling/stages.mjs series|features|windows|sliding [ROUNDS] [SIZE]   prints a line of JSON a case
import { randomUUID } from 'node:crypto'
import { createDecoder } from '../../dist/events/avro/decoder.js'
import { createEventColumns } from '../../dist/events/columns.js'
import { createTextInterner } from '../../dist/events/interner.js'
import { createIngest } from '../../dist/roles/monitor/ingest.js'
import { createMemoryStore } from '../../dist/windows/store/memory.js'
import { WINDOW_MS } from '../workload.mjs'
import { createFeed, schema } from './feed.mjs'
import { contextOf, freshWindows, shardOf, sizedConfig, slidingWindow } from './setup.mjs'

/** As the monitor's session has it. */
const BATCH_ROWS = 1024

const cpuMicros = () => {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** Microseconds of CPU: `run` as often as asked, `total()` so far. */
const stopwatch = () => {
  let total = 0
  return {
    total: () => total,
    reset: () => {
      total = 0
    },
    run: async work => {
      const before = cpuMicros()
      await work()
      total += cpuMicros() - before
    },
  }
}

/**
 * Folds `minutes` of event time after `warmMinutes`, with a checkpoint and a round of the shard at the end of each, and says what
 * each stage cost by its own unit.
 */
const measure = async ({ series, features, windows, perMinute, warmMinutes, minutes }) => {
  const config = sizedConfig({ series, features, windows })
  const store = createMemoryStore()
  const { context, published, logger } = await contextOf(config, store)
  const schemaId = await context.schemas.register('scaling-value', JSON.stringify(schema))
  const feed = createFeed({ series, features, schemaId, perMinute, blockRecords: Math.min(4096, Math.floor(perMinute / 8)) })
  const { plans } = context
  const texts = createTextInterner()
  const decoder = createDecoder({ dictionary: plans.dictionary, limits: config.limits, texts })
  decoder.addSchema(schemaId, JSON.stringify(schema))
  const partition = freshWindows(config, plans)
  const columns = createEventColumns(BATCH_ROWS, plans.dictionary, texts)
  const onDeadLetter = reason => {
    throw new Error(`a dead letter: ${reason}`)
  }
  const at = { topic: 'scaling', partition: 0 }
  const ingest = createIngest({ at, decoder, columns, windows: partition, maxFutureMs: 1e12, onDeadLetter })
  const token = randomUUID()
  await store.partitions.claim(0, token)
  const shard = await shardOf(context, logger)
  const [folding, storing, firing] = [stopwatch(), stopwatch(), stopwatch()]
  let sets = 0
  let events = 0
  let commitId = ''
  let commits = 0

  const checkpoint = async () => {
    const [firedThroughMs] = await store.shards.firedThrough(1)
    const plan = partition.planCheckpoint({
      nextOffset: feed.offset(),
      fingerprint: undefined,
      nowMs: feed.timeMs(),
      firedThroughMs: firedThroughMs ?? -8.64e15,
      idle: false,
      caughtUp: false,
      everything: false,
    })
    sets += plan.sets.length
    const command = { token, previousCommitId: commitId, commitId: `${token}:${++commits}`, ...plan }
    const reply = await store.partitions.checkpoint(0, command)
    if (reply.kind !== 'ok') throw new Error(reply.kind)
    commitId = command.commitId
    partition.committed(plan)
  }

  let publishedBefore = 0
  const startMs = feed.timeMs()
  for (let minute = 1; minute <= warmMinutes + minutes; minute++) {
    if (minute === warmMinutes + 1) {
      for (const watch of [folding, storing, firing]) watch.reset()
      sets = 0
      events = 0
      publishedBefore = published()
    }
    // stored when the watermark has passed the minute before
    while (feed.timeMs() < startMs + minute * WINDOW_MS + 15_000) {
      const block = feed.next()
      events += block.count
      await folding.run(() => {
        ingest.begin()
        while (ingest.run(block).kind !== 'end') ingest.fold()
        ingest.fold()
      })
    }
    await storing.run(checkpoint)
    await firing.run(() => shard.round())
  }
  await shard.close()
  const fired = published() - publishedBefore
  return {
    events,
    fired,
    eventMicros: folding.total() / events,
    paneMicros: storing.total() / sets,
    windowMicros: firing.total() / fired,
  }
}

const EVENTS_PER_MINUTE = 30_000
const ROUNDS = Number(process.argv[3] ?? 2)

const base = { series: 50, features: 25, windows: [slidingWindow(1)], perMinute: EVENTS_PER_MINUTE, warmMinutes: 2, minutes: 3 }

const AXES = {
  // the same events in all, whatever the number of series
  series: [10, 100, 1000, 10_000].map(series => [series, { ...base, series, perMinute: 60_000, warmMinutes: 1 }]),
  features: [10, 25, 100, 500].map(features => [
    features,
    { ...base, features, perMinute: Math.round(EVENTS_PER_MINUTE * Math.min(1, 50 / features)) },
  ]),
  windows: [1, 2, 4, 8].map(count => [
    count,
    {
      ...base,
      windows: Array.from({ length: count }, (_, i) => slidingWindow(i + 1)),
      warmMinutes: 9,
      minutes: 6,
      perMinute: 10_000,
    },
  ]),
  sliding: [1, 4, 16, 64].map(panes => [
    panes,
    { ...base, windows: [slidingWindow(panes)], warmMinutes: panes + 2, minutes: 16, perMinute: 4_000 },
  ]),
}

/** Each case by turns, the cheapest of its rounds for each stage. */
const axis = process.argv[2]
const best = new Map()
for (let round = 0; round < ROUNDS; round++) {
  for (const [size, options] of AXES[axis]) {
    if (process.argv[4] && size !== Number(process.argv[4])) continue
    const found = await measure(options)
    const before = best.get(size) ?? found
    const least = name => Math.min(before[name], found[name])
    best.set(size, {
      ...found,
      eventMicros: least('eventMicros'),
      paneMicros: least('paneMicros'),
      windowMicros: least('windowMicros'),
    })
  }
}
for (const [size, found] of best) console.log(JSON.stringify({ axis, size, ...found }))
