import type { Logger } from 'pino'
import { type BackoffOptions, backoffMs } from '../backoff.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import type { Log, LogWriter } from '../consumers/log.ts'
import { createElasticsearchClient, type ElasticsearchAddress } from '../sinks/elasticsearch/client.ts'
import { installTemplate, loadIndexTemplate } from '../sinks/elasticsearch/template.ts'
import { createBulkWriter } from '../sinks/elasticsearch/writer.ts'
import type { ProcessMetrics } from '../sinks/prometheus/process-metrics.ts'
import type { Health } from '../sinks/readiness.ts'
import { createAssignment } from './archive/assignment.ts'
import { createIncarnation } from './archive/incarnation.ts'
import { createArchiveMemory } from './archive/memory.ts'
import type { Transcode } from './archive/transcode.ts'
import { createBudget } from './budget.ts'

export type ArchiveOptions = Readonly<{
  config: Pick<Config, 'namespace' | 'kafka' | 'budget'> &
    Readonly<{ elasticsearch: ElasticsearchAddress & Readonly<{ index: string }> }>
  log: Log
  transcode: Transcode
  /** Where the log gives no topic ids: what tells this topic from one of the same name that was deleted before. */
  incarnation: string
  /** Shared with others of this process; not closed here. */
  deadLetterWriter: LogWriter
  metrics: ProcessMetrics
  logger: Pick<Logger, 'info' | 'warn' | 'error'>
  clock: Clock
  /** [0, 1): back-off must not be in step with that of other processes. */
  random: () => number
  /** Membership ended for good, or a bug: this process should end too. */
  onCrash: (error: Error) => void
}>

export type Archive = Readonly<{
  /** What keeps events from being archived now, with the reason; starting counts. */
  health(): Health
  /** Lets requests under way finish for at most `graceMs`, commits, leaves the group. */
  stop(graceMs?: number): Promise<void>
}>

const BACKOFF: BackoffOptions = { baseMs: 200, maxMs: 30_000 }
const LINGER_MS = 500
const COMMIT_INTERVAL_MS = 1_000
const GRACE_MS = 10_000

/**
 * The archive role: every event of the predictions topic as a document in Elasticsearch, in a consumer group of its own.
 *
 * A record's offset is committed only after Elasticsearch has acknowledged its document, so each is sent at least once; its
 * id is its place in the log, so it is there once. While Elasticsearch refuses, membership is kept, and nothing more is fetched:
 * at most one fetch and one request a partition are in memory, of all partitions at most `budget.memoryBytes`. What it refuses
 * for good becomes a dead letter; what cannot be decoded is left to the monitor to dead-letter, and counted.
 */
export const startArchive = (options: ArchiveOptions): Archive => {
  const { config, log, metrics, logger, clock, random, onCrash } = options
  const { elasticsearch, kafka, namespace } = config
  const topic = kafka.topics.predictions
  const stopping = new AbortController()
  const client = createElasticsearchClient(elasticsearch)
  const takesDocuments = (reason: string | null): void => {
    metrics.dependency('elasticsearch', reason === null)
    if (reason === null) logger.info('archive: Elasticsearch takes documents')
    else logger.warn({ reason }, 'archive: Elasticsearch does not take documents; trying again until it does')
  }
  const bulk = createBulkWriter({
    client,
    backoff: BACKOFF,
    random,
    sleep: clock.sleep,
    nowMs: clock.now,
    onRequest: metrics.archiveRequest,
    onTrouble: takesDocuments,
  })

  let starting: string | null = `starting: index template ${elasticsearch.index} is not yet installed`
  const install = async (): Promise<void> => {
    const template = await loadIndexTemplate(elasticsearch.index)
    for (let attempt = 1; !stopping.signal.aborted; attempt++) {
      const reply = await installTemplate(client, elasticsearch.index, template)
      starting = reply.kind === 'ok' ? null : reply.reason
      if (starting === null || attempt === 1) takesDocuments(starting)
      if (starting === null) return
      await clock.sleep(backoffMs(attempt, BACKOFF, random), stopping.signal)
    }
  }

  const budget = createBudget(config.budget.memoryBytes)
  metrics.watchBudget('archive-memory', budget)
  const membership = log.membership({ groupId: `${namespace}-archive`, topic, sessionTimeoutMs: kafka.sessionTimeoutMs })
  const assignment = createAssignment({
    ...options,
    topic,
    membership,
    ready: install(),
    startAt: kafka.startAt,
    incarnation: options.incarnation,
    signal: stopping.signal,
    partition: {
      transcode: options.transcode,
      index: elasticsearch.index,
      topicIdNow: createIncarnation(log, topic),
      memory: createArchiveMemory(budget, kafka.fetchMaxBytes, kafka.partitions),
      writer: bulk,
      deadLetters: { topic: kafka.topics.deadLetters, writer: options.deadLetterWriter },
      lingerMs: LINGER_MS,
      backoff: BACKOFF,
      clock,
      random,
      metrics,
    },
  })
  membership
    .start({
      onAssigned: partitions => assignment.assign(partitions),
      onRevoking: () => void assignment.commit(),
      onCrash,
    })
    .catch(onCrash)
  const committing = commitRegularly(assignment.commit, clock, stopping.signal)

  return {
    health: () => {
      if (starting !== null) return { kind: 'down', reason: starting }
      const elasticsearchHealth = bulk.health()
      return elasticsearchHealth.kind === 'ok' ? assignment.health() : elasticsearchHealth
    },
    stop: async (graceMs = GRACE_MS) => {
      stopping.abort()
      const done = new AbortController()
      await Promise.race([assignment.stopped().finally(() => done.abort()), clock.sleep(graceMs, done.signal)])
      await client.close()
      await Promise.all([assignment.stopped(), committing])
      await assignment.commit()
      await membership.stop()
    },
  }
}

const commitRegularly = async (commit: () => Promise<void>, clock: Clock, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    await clock.sleep(COMMIT_INTERVAL_MS, signal)
    await commit()
  }
}
