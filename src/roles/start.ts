import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import { createKafkaLog } from '../consumers/kafka/log.ts'
import type { Log, LogWriter } from '../consumers/log.ts'
import { createConfluentRegistry } from '../events/confluent-registry.ts'
import type { SchemaSource } from '../events/registry.ts'
import { createDomainMetrics } from '../sinks/prometheus/domain-metrics.ts'
import type { ProcessMetrics } from '../sinks/prometheus/process-metrics.ts'
import { createRedisStore } from '../windows/store/redis/store.ts'
import { StoreUnavailable } from '../windows/store/unavailable.ts'
import { createTranscode } from './archive/transcode.ts'
import { type Archive, startArchive } from './archive.ts'
import type { HealthBoard } from './health-board.ts'
import { createMonitorContext } from './monitor/create-context.ts'
import { type Monitor, startMonitor } from './monitor/monitor.ts'
import { untilAvailable } from './monitor/retry.ts'
import { prepareTopics } from './topics.ts'
import { isUnusable } from './unusable.ts'

export const ROLES = ['monitor', 'archive'] as const
export type Role = (typeof ROLES)[number]

/** Of budget.memory, where one process runs both: the monitor's panes grow with its series, the archive works well with little. */
const MEMORY_SHARES = { monitor: 3 / 4, archive: 1 / 4 } as const

/** As one role sees it. */
export const configOf = (role: keyof typeof MEMORY_SHARES, { config, roles }: Pick<Options, 'config' | 'roles'>): Config => {
  const runsBoth = roles.includes('monitor') && roles.includes('archive')
  const memoryBytes = Math.floor(config.budget.memoryBytes * (runsBoth ? MEMORY_SHARES[role] : 1))
  return { ...config, budget: { ...config.budget, memoryBytes } }
}

export type RunningRoles = Readonly<{
  /** Rejects when a role cannot go on. */
  failed: Promise<never>
  stop(): Promise<void>
}>

type Options = Readonly<{
  config: Config
  roles: readonly Role[]
  worker: number | null
  logger: Logger
  registry: Registry
  metrics: ProcessMetrics
  board: HealthBoard
  clock: Clock
  signal: AbortSignal
}>

/** Connects to the real servers, waiting for those that are missing, and starts the roles. Throws Stopped when told to stop meanwhile. */
export const startRoles = async (options: Options): Promise<RunningRoles> => {
  const { config, roles, logger, metrics, board } = options
  const opened: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (const closing of opened.reverse()) await closing().catch(error => logger.warn({ err: error }, 'closing'))
  }
  try {
    const log = createKafkaLog(config.kafka, logger)
    opened.push(log.close)
    for (const problem of await waitFor('kafka', options, () => prepareTopics(log, config))) logger.warn(problem)
    board.watch('kafka', log.health)
    const schemas = createConfluentRegistry(config.schemaRegistry)
    await waitFor('schema-registry', options, () => schemas.writerSchema(1))
    board.watch('schema-registry', schemas.health)
    let fail: (error: Error) => void = () => {}
    const crashed = new Promise<never>((_, reject) => {
      fail = reject
    })
    crashed.catch(() => {})
    const failures: Promise<never>[] = [crashed]
    const deadLetterWriter = await waitFor('kafka', options, () => log.writer())
    if (roles.includes('monitor')) {
      const monitor = await openMonitor(options, log, schemas, opened)
      failures.push(monitor.failed)
      opened.push(monitor.stop)
      board.watch('monitor', monitor.health)
    } else board.watch('redis', async () => ({ kind: 'ok' }))
    if (roles.includes('archive')) {
      const archive = openArchive(options, log, schemas, deadLetterWriter, fail)
      opened.push(() => archive.stop())
      board.watch('archive', async () => archive.health())
    }
    metrics.dependency('kafka', true)
    return { failed: Promise.race(failures), stop: close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Repeats until the server answers; what no waiting cures passes. */
const waitFor = <T>(name: string, { clock, logger, signal, board, metrics }: Options, call: () => Promise<T>): Promise<T> =>
  untilAvailable(
    async () => {
      try {
        const result = await call()
        metrics.dependency(name, true)
        board.arrived(name)
        return result
      } catch (error) {
        metrics.dependency(name, false)
        board.waiting(name, error instanceof Error ? error.message : String(error))
        throw error
      }
    },
    { clock, logger, signal, what: name, isTransient: error => !isUnusable(error) },
  )

/** Who owns what, in the store and in logs: readable, and never the same for two starts. */
const instanceName = (worker: number | null): string =>
  `${hostname()}-${process.pid}${worker === null ? '' : `.${worker}`}-${randomUUID().slice(0, 8)}`

const openMonitor = async (
  options: Options,
  log: Log,
  schemas: SchemaSource,
  opened: (() => Promise<void>)[],
): Promise<Monitor> => {
  const { config, logger, registry, metrics, clock, board } = options
  const store = await untilAvailable(
    () =>
      createRedisStore({
        ...config.redis,
        namespace: config.namespace,
        topic: config.kafka.topics.predictions,
        logger,
      }),
    { ...options, what: 'redis', isTransient: error => noteRedis(error, options) },
  )
  opened.push(store.close)
  board.arrived('redis')
  board.watch('redis', store.health)
  metrics.dependency('redis', true)
  // once: a second try may not register the same metrics again
  const domain = createDomainMetrics(registry)
  const context = await waitFor('schema-registry', options, () =>
    createMonitorContext({
      config: configOf('monitor', options),
      log,
      store,
      schemas,
      clock,
      logger,
      instance: instanceName(options.worker),
      metrics: { process: metrics, domain },
      observer: { windows: () => {}, alerts: () => {} },
    }),
  )
  return startMonitor(context)
}

/** A store that answers and cannot be used (it may evict keys, it refuses the password) is not waited for. */
const noteRedis = (error: unknown, { board, metrics }: Options): boolean => {
  metrics.dependency('redis', false)
  board.waiting('redis', error instanceof Error ? error.message : String(error))
  return error instanceof StoreUnavailable
}

const openArchive = (
  options: Options,
  log: Log,
  schemas: SchemaSource,
  deadLetterWriter: LogWriter,
  fail: (error: Error) => void,
): Archive => {
  const { logger, metrics, clock } = options
  const config = configOf('archive', options)
  const { elasticsearch } = config
  if (elasticsearch === null) throw new Error('the archive role was started without elasticsearch')
  return startArchive({
    config: { ...config, elasticsearch },
    log,
    transcode: createTranscode(schemas, { clock, logger }),
    // without topic ids, a topic that was made again is refused by the monitor until the namespace changes
    incarnation: config.namespace,
    deadLetterWriter,
    metrics,
    logger,
    clock,
    random: Math.random,
    onCrash: fail,
  })
}
