// What every axis of bench/scaling.mjs is made of: a configuration of a given size, and the monitor's parts around a store.
import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { systemClock } from '../../dist/clock.js'
import { createMemoryLog } from '../../dist/consumers/memory/log.js'
import { createMemoryRegistry } from '../../dist/events/registry.js'
import { createMonitorContext } from '../../dist/roles/monitor/create-context.js'
import { claimShard } from '../../dist/roles/monitor/shard-session.js'
import { prepareTopics } from '../../dist/roles/topics.js'
import { createDomainMetrics } from '../../dist/sinks/prometheus/domain-metrics.js'
import { createProcessMetrics } from '../../dist/sinks/prometheus/process-metrics.js'
import { createPartitionWindows } from '../../dist/windows/partition.js'
import { configOf, referenceOf } from '../config.mjs'
import { WINDOW_MS } from '../workload.mjs'

export const MODEL = 'scoring'
export const SEGMENT = 'cell'

export const featureNames = count => Array.from({ length: count }, (_, i) => `f${String(i).padStart(3, '0')}`)

/** `size / step` panes to a window, each of a minute. */
export const slidingWindow = panes => ({
  name: `${panes}m`,
  sizeMs: panes * WINDOW_MS,
  everyMs: WINDOW_MS,
  offsetMs: 0,
})

/**
 * One model, one partition. Series: all traffic, and one for each value of a segment (`series` - 1 of them); default measures
 * of each feature, which is numeric with a reference of 100 bins.
 */
export const sizedConfig = ({ series, features, windows = [slidingWindow(1)], redisUrl = 'redis://unused', checkpoint = {} }) => {
  const namespace = `scaling-${randomUUID().slice(0, 8)}`
  const base = configOf('map', { brokers: [], registryUrl: '', redisUrl }, namespace)
  return {
    ...base,
    kafka: { ...base.kafka, partitions: 1, topics: { ...base.kafka.topics, predictions: `${namespace}-predictions` } },
    checkpoint: { ...base.checkpoint, ...checkpoint },
    limits: { ...base.limits, maxSegmentValues: series },
    models: [
      {
        name: MODEL,
        reference: referenceOf(MODEL, featureNames(features)),
        windows,
        segments: series > 1 ? [{ dimensions: [SEGMENT], values: {} }] : [],
        features: {},
        itemsAtLeast: [],
        businessRules: [],
      },
    ],
    rules: [],
  }
}

/** The monitor's parts, with a log that nothing is read from and that forgets what is written. */
export const contextOf = async (config, store) => {
  const logger = pino({ level: 'error' }, pino.destination(2))
  const log = createMemoryLog({ clock: Date.now, maxWaitMs: 20 })
  await prepareTopics(log, config)
  const schemas = createMemoryRegistry()
  const registry = new Registry()
  const context = await createMonitorContext({
    config,
    log,
    store,
    schemas,
    clock: systemClock,
    logger,
    instance: randomUUID(),
    metrics: {
      process: createProcessMetrics({ registry, nowMs: Date.now, defaultMetrics: false }),
      domain: createDomainMetrics(registry),
    },
    observer: { windows: () => {}, alerts: () => {} },
  })
  let published = 0
  const append = async (_topic, records) => {
    published += records.length
  }
  const writer = { ...context.writer, append }
  return { context: { ...context, writer }, published: () => published, logger }
}

export const shardOf = async (context, logger) => {
  const ending = new AbortController()
  const shard = await claimShard(context, { shard: 0, token: randomUUID(), logger, signal: ending.signal })
  return {
    round: shard.round,
    close: () => {
      ending.abort()
      return shard.close()
    },
  }
}

/** The windows of a partition that nothing is stored of. */
export const freshWindows = (config, plans) =>
  createPartitionWindows({
    plans,
    time: config.time,
    checkpoint: config.checkpoint,
    limits: config.limits,
    shardOf: () => 0,
    startOffset: 0,
    restored: { meta: null, panes: [], stored: [] },
  })
