import type { z } from 'zod'
import { DEFAULTS } from './defaults.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './durations.ts'
import { bytes, choice, duration, integer, list, mapping, name, secret, setting, text, url, yesNo } from './kinds.ts'
import { bad, ok, show } from './problem.ts'
import { modelSchema } from './schema-models.ts'
import { ruleSchema } from './schema-rules.ts'

const MANY = Number.MAX_SAFE_INTEGER
const KIB = 1024
const MIB = 1024 ** 2
const GIB = 1024 ** 3

const broker = setting(
  'host:port',
  value => {
    const port = typeof value === 'string' ? /^(?:\[[^\]]+\]|[^:\s/]+):(\d{1,5})$/.exec(value)?.[1] : undefined
    if (typeof value === 'string' && port !== undefined && Number(port) >= 1 && Number(port) <= 65535) return ok(value)
    return bad(`${show(value)} is not a broker`, 'write host and port, without a scheme: localhost:9092')
  },
  'localhost:9092',
)

const topic = setting(
  'topic',
  value => {
    if (typeof value === 'string' && /^[A-Za-z0-9._-]{1,249}$/.test(value) && value !== '.' && value !== '..') return ok(value)
    return bad(`${show(value)} is not a topic's name`, 'use letters, digits, `.`, `_` and `-`, at most 249')
  },
  'predictions',
)

type StartAt = Readonly<{ kind: 'earliest' } | { kind: 'latest' } | { kind: 'time'; timeMs: number }>

const startAt = setting<StartAt>(
  '`earliest`, `latest` or a time',
  value => {
    if (value === 'earliest' || value === 'latest') return ok({ kind: value })
    const iso =
      typeof value === 'string' && /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/.test(value)
    const timeMs = iso ? Date.parse(value) : Number.NaN
    if (!Number.isNaN(timeMs)) return ok({ kind: 'time', timeMs })
    return bad(
      `${show(value)} is not a place to start at`,
      'write earliest, latest, or an ISO time with its zone such as 2026-03-01T00:00:00Z',
    )
  },
  'earliest',
)

const topics = { ...DEFAULTS.kafka.topics }
const credentials = { username: text('tidemark').optional(), password: secret('a password').optional() }

/** tidemark.yaml as people write it. What it all means is in docs/configuration.md; cross checks are in resolve.ts. */
export const schema = mapping({
  namespace: name('shop').prefault(DEFAULTS.namespace),
  kafka: mapping({
    brokers: list(broker).prefault([...DEFAULTS.kafka.brokers]),
    clientId: name('tidemark').prefault(DEFAULTS.kafka.clientId),
    ssl: yesNo().prefault(DEFAULTS.kafka.ssl),
    sasl: mapping({
      mechanism: choice(['plain', 'scram-sha-256', 'scram-sha-512']),
      username: text('tidemark'),
      password: secret('TIDEMARK_KAFKA_SASL_PASSWORD_FILE in the environment'),
    }).optional(),
    topics: mapping({
      predictions: topic.prefault(topics.predictions),
      windows: topic.prefault(topics.windows),
      alerts: topic.prefault(topics.alerts),
      deadLetters: topic.prefault(topics.deadLetters),
    }).prefault({}),
    createTopics: yesNo().prefault(DEFAULTS.kafka.createTopics),
    partitions: integer(1, 10_000, 4).prefault(DEFAULTS.kafka.partitions),
    replicationFactor: integer(1, 100, 3).prefault(DEFAULTS.kafka.replicationFactor),
    startAt: startAt.prefault(DEFAULTS.kafka.startAt),
    sessionTimeout: duration(6 * SECOND_MS, 30 * MINUTE_MS, '30s').prefault(DEFAULTS.kafka.sessionTimeout),
    fetchMaxBytes: bytes(KIB, GIB, '1 MiB').prefault(DEFAULTS.kafka.fetchMaxBytes),
  }).prefault({}),
  schemaRegistry: mapping({
    url: url(['http', 'https'], 'http://localhost:8081').prefault(DEFAULTS.schemaRegistry.url),
    ...credentials,
  }).prefault({}),
  redis: mapping({
    url: url(['redis', 'rediss'], 'redis://localhost:6379').prefault(DEFAULTS.redis.url),
    waitReplicas: integer(0, 100, 1).prefault(DEFAULTS.redis.waitReplicas),
    lostState: choice(['refuse', 'rebuild']).prefault(DEFAULTS.redis.lostState),
  }).prefault({}),
  elasticsearch: mapping({
    url: url(['http', 'https'], 'http://localhost:9200'),
    index: setting(
      'index',
      value => {
        if (typeof value === 'string' && /^[a-z0-9][a-z0-9._-]{0,199}$/.test(value)) return ok(value)
        return bad(
          `${show(value)} is not an index name`,
          'use lower case letters, digits, `.`, `_` and `-`, a letter or digit first',
        )
      },
      'tidemark-predictions',
    ).prefault(DEFAULTS.elasticsearch.index),
    ...credentials,
  }).optional(),
  http: mapping({
    host: text('0.0.0.0').prefault(DEFAULTS.http.host),
    port: integer(0, 65535, 9464).prefault(DEFAULTS.http.port),
  }).prefault({}),
  time: mapping({
    outOfOrderness: duration(0, 30 * DAY_MS, '10s').prefault(DEFAULTS.time.outOfOrderness),
    allowedLateness: duration(0, 30 * DAY_MS, '1m').prefault(DEFAULTS.time.allowedLateness),
    idleTimeout: duration(SECOND_MS, DAY_MS, '30s').prefault(DEFAULTS.time.idleTimeout),
    maxFuture: duration(0, 365 * DAY_MS, '1h').prefault(DEFAULTS.time.maxFuture),
    retireAfter: duration(0, 365 * DAY_MS, '1d').prefault(DEFAULTS.time.retireAfter),
    alertRetention: duration(0, 3650 * DAY_MS, '7d').prefault(DEFAULTS.time.alertRetention),
    maxHold: duration(SECOND_MS, 30 * DAY_MS, '10m').prefault(DEFAULTS.time.maxHold),
    maxSkew: duration(SECOND_MS, 365 * DAY_MS, '1h').prefault(DEFAULTS.time.maxSkew),
    startupGrace: duration(0, DAY_MS, '2m').prefault(DEFAULTS.time.startupGrace),
  }).prefault({}),
  checkpoint: mapping({
    interval: duration(50, MINUTE_MS, '1s').prefault(DEFAULTS.checkpoint.interval),
    maxReplay: duration(SECOND_MS, HOUR_MS, '30s').prefault(DEFAULTS.checkpoint.maxReplay),
    maxBytes: bytes(KIB, GIB, '1 MiB').prefault(DEFAULTS.checkpoint.maxBytes),
  }).prefault({}),
  budget: mapping({
    memory: bytes(16 * MIB, 1024 * GIB, '1 GiB').prefault(DEFAULTS.budget.memory),
    state: bytes(MIB, 1024 * GIB, '4 GiB').prefault(DEFAULTS.budget.state),
    outbox: integer(1, MANY, 1000).prefault(DEFAULTS.budget.outbox),
  }).prefault({}),
  limits: mapping({
    maxRecordBytes: bytes(KIB, GIB, '1 MiB').prefault(DEFAULTS.limits.maxRecordBytes),
    maxMapEntries: integer(1, MANY, 2000).prefault(DEFAULTS.limits.maxMapEntries),
    maxVersions: integer(1, MANY, 50).prefault(DEFAULTS.limits.maxVersions),
    maxSegmentValues: integer(1, MANY, 50).prefault(DEFAULTS.limits.maxSegmentValues),
    maxModels: integer(0, MANY, 20).prefault(DEFAULTS.limits.maxModels),
  }).prefault({}),
  models: list(modelSchema).prefault([...DEFAULTS.models]),
  rules: list(ruleSchema).prefault([]),
  log: mapping({ level: choice(['trace', 'debug', 'info', 'warn', 'error']).prefault(DEFAULTS.log.level) }).prefault({}),
})

/** A configuration file whose every single value is in order. */
export type ConfigFile = z.output<typeof schema>
