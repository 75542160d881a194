import type { Config, KafkaConfig } from './config.ts'
import { formatDuration } from './durations.ts'
import { present, type ResolveContext, reportRepeats } from './resolve-context.ts'
import { type ModelView, resolveModels } from './resolve-models.ts'
import { resolveRules } from './resolve-rules.ts'
import type { ConfigFile } from './schema.ts'

/**
 * Single values that are in order, made into the Config: defaults that depend on other values, references, and the checks of
 * values against each other. What it returns counts only if nothing was reported.
 */
export const resolveConfig = (file: ConfigFile, context: ResolveContext): Config => {
  const views: readonly ModelView[] = resolveModels(file, context)
  return {
    namespace: file.namespace,
    kafka: resolveKafka(file.kafka, context),
    schemaRegistry: withLogin(file.schemaRegistry, 'schemaRegistry', context),
    redis: file.redis,
    elasticsearch: file.elasticsearch ? withLogin(file.elasticsearch, 'elasticsearch', context) : null,
    http: file.http,
    time: {
      outOfOrdernessMs: file.time.outOfOrderness,
      allowedLatenessMs: file.time.allowedLateness,
      idleTimeoutMs: file.time.idleTimeout,
      maxFutureMs: file.time.maxFuture,
      retireAfterMs: file.time.retireAfter,
      alertRetentionMs: file.time.alertRetention,
      maxHoldMs: file.time.maxHold,
      maxSkewMs: file.time.maxSkew,
      startupGraceMs: file.time.startupGrace,
    },
    checkpoint: resolveCheckpoint(file.checkpoint, context),
    budget: { memoryBytes: file.budget.memory, stateBytes: file.budget.state, outboxAlerts: file.budget.outbox },
    limits: file.limits,
    models: views.map(view => view.config),
    rules: resolveRules(file, views, context),
    log: file.log,
  }
}

const resolveKafka = (kafka: ConfigFile['kafka'], { report }: ResolveContext): KafkaConfig => {
  const brokers = present(kafka.brokers).map(([, broker]) => broker)
  if (kafka.brokers.length === 0) report(['kafka', 'brokers'], 'has no broker', 'name at least one: [localhost:9092]')
  reportRepeats(kafka.brokers, i => ['kafka', 'brokers', i], report)
  const users = new Map<string, string>()
  for (const [key, topic] of Object.entries(kafka.topics)) {
    const other = users.get(topic)
    if (other !== undefined)
      report(
        ['kafka', 'topics', key],
        `"${topic}" is the topic of \`${other}\` too`,
        'give each kind of record a topic of its own',
      )
    else users.set(topic, key)
  }
  const { sasl, sessionTimeout, ...rest } = kafka
  return { ...rest, brokers, sasl: sasl ?? null, sessionTimeoutMs: sessionTimeout }
}

const resolveCheckpoint = (checkpoint: ConfigFile['checkpoint'], { report }: ResolveContext): Config['checkpoint'] => {
  const { interval, maxReplay, maxBytes } = checkpoint
  if (maxReplay < interval)
    report(
      ['checkpoint', 'maxReplay'],
      `${formatDuration(maxReplay)} is shorter than \`interval\` (${formatDuration(interval)})`,
      `write at least ${formatDuration(interval)}, or checkpoint more often`,
    )
  return { intervalMs: interval, maxReplayMs: maxReplay, maxBytes }
}

const withLogin = <T extends { username?: string; password?: string }>(
  section: T,
  key: string,
  { report, given }: ResolveContext,
): T => {
  for (const [there, missing] of [
    ['username', 'password'],
    ['password', 'username'],
  ] as const)
    if (section[there] !== undefined && section[missing] === undefined && given([key, missing]) === undefined)
      report([key, there], `has no ${missing} beside it`, `give ${key}.${missing} too, or remove this`)
  return section
}
