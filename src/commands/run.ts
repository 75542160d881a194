import { randomUUID } from 'node:crypto'
import { type Logger, pino } from 'pino'
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { Config } from '../config/config.ts'
import { type ConfigSource, loadConfig } from '../config/load.ts'
import { createMember, type MemberEnd } from '../roles/member.ts'
import { ROLES, type Role } from '../roles/start.ts'
import { type Operations, operationsRoutes, registryOperations, startHttpServer } from '../sinks/http.ts'
import { createMeters } from '../sinks/prometheus/process/meters.ts'
import { createWorkerMetrics } from '../sinks/prometheus/process/workers.ts'
import { mergedOperations } from '../workers/merge.ts'
import type { WorkerData } from '../workers/messages.ts'
import { createWorkerPool } from '../workers/pool.ts'
import { type CommandIo, ExitCode } from './io.ts'

export type RunOptions = Readonly<{ roles: string; workers: number; source: ConfigSource }>

/**
 * Watches until SIGTERM or SIGINT, then checkpoints, leaves the groups and exits 0. Servers that are missing are waited for;
 * what no waiting cures (a bad configuration, stored state that does not fit, unfit topics) ends it with 78.
 */
export const runRun = async (options: RunOptions, io: CommandIo): Promise<number> => {
  const roles = parseRoles(options.roles)
  if (typeof roles === 'string') {
    io.stderr.write(`tidemark: ${roles}\n`)
    return ExitCode.usage
  }
  const config = loadConfig(options.source)
  if (roles.includes('archive') && config.elasticsearch === null) {
    io.stderr.write('tidemark: the archive role needs elasticsearch.url (or TIDEMARK_ELASTICSEARCH_URL)\n')
    return ExitCode.config
  }
  return serve(config, roles, options.workers)
}

/** In the main thread alone, or in `workers` threads that it looks after. */
const serve = async (config: Config, roles: readonly Role[], workers: number): Promise<number> => {
  const instance = randomUUID().slice(0, 8)
  const logger = pino({ level: config.log.level, base: { instance } })
  const stopping = new AbortController()
  const onSignal = (signal: string): void => {
    logger.info({ signal }, 'stopping')
    stopping.abort()
  }
  process.once('SIGTERM', onSignal).once('SIGINT', onSignal)
  const work = workers === 1 ? alone(config, roles, logger) : inWorkers({ config, roles, instance }, workers, logger)
  const http = await startHttpServer(config.http, operationsRoutes(work.operations))
  logger.info({ url: `http://${http.host}:${http.port}`, roles, workers }, 'serving /metrics, /livez and /readyz')
  try {
    return EXIT_CODES[await work.run(stopping.signal)]
  } finally {
    await http.close()
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal)
  }
}

const EXIT_CODES: Readonly<Record<MemberEnd, number>> = {
  stopped: ExitCode.ok,
  unusable: ExitCode.config,
  failed: ExitCode.failed,
}

type Work = Readonly<{ operations: Operations; run(stopping: AbortSignal): Promise<MemberEnd> }>

const alone = (config: Config, roles: readonly Role[], logger: Logger): Work => {
  const { registry, readiness, run } = createMember({ config, roles, logger, worker: null })
  return { operations: registryOperations(registry, readiness), run }
}

const WORKER = new URL('../workers/worker.js', import.meta.url)

const inWorkers = (given: Omit<WorkerData, 'worker'>, count: number, logger: Logger): Work => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const config = shareOf(given.config, count)
  const pool = createWorkerPool({
    entry: WORKER,
    count,
    dataOf: worker => ({ ...given, config, worker }) satisfies WorkerData,
    metrics: createWorkerMetrics(createMeters(registry)),
    logger,
  })
  return { operations: mergedOperations(registry, pool), run: pool.run }
}

/** The budgets are those of the process. */
const shareOf = (config: Config, workers: number): Config => {
  const { memoryBytes, stateBytes } = config.budget
  const share = { memoryBytes: Math.floor(memoryBytes / workers), stateBytes: Math.floor(stateBytes / workers) }
  return { ...config, budget: { ...config.budget, ...share } }
}

const parseRoles = (text: string): readonly Role[] | string => {
  const names = text.split(',').map(name => name.trim())
  const unknown = names.filter(name => !(ROLES as readonly string[]).includes(name))
  return unknown.length > 0 ? `no such role: ${unknown.join(', ')}; there are ${ROLES.join(' and ')}` : (names as Role[])
}
