import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { systemClock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import { type ConfigSource, loadConfig } from '../config/load.ts'
import { createHealthBoard } from '../roles/health-board.ts'
import { Stopped } from '../roles/monitor/retry.ts'
import { ROLES, type Role, type RunningRoles, startRoles } from '../roles/start.ts'
import { isUnusable } from '../roles/unusable.ts'
import { operationsRoutes, startHttpServer } from '../sinks/http.ts'
import { createProcessMetrics, type ProcessMetrics } from '../sinks/prometheus/process-metrics.ts'
import { createReadiness, type Readiness } from '../sinks/readiness.ts'
import { type CommandIo, ExitCode } from './io.ts'

export type RunOptions = Readonly<{ roles: string; source: ConfigSource }>

/** How often dependencies are asked how they are, for the metric. */
const DEPENDENCIES_MS = 5_000
/** How long a dependency may take to answer a readiness check. */
const READINESS_TIMEOUT_MS = 2_000

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
  return serve(config, roles)
}

const serve = async (config: Config, roles: readonly Role[]): Promise<number> => {
  const logger = pino({ level: config.log.level, base: { instance: randomUUID().slice(0, 8) } })
  const registry = new Registry()
  const metrics = createProcessMetrics({ registry, nowMs: Date.now, defaultMetrics: true })
  const board = createHealthBoard(['kafka', 'redis', 'schema-registry', ...roles])
  const stopping = new AbortController()
  const onSignal = (signal: string): void => {
    logger.info({ signal }, 'stopping')
    stopping.abort()
  }
  process.once('SIGTERM', onSignal).once('SIGINT', onSignal)
  const readiness = createReadiness(board.dependencies, READINESS_TIMEOUT_MS)
  const http = await startHttpServer(config.http, operationsRoutes(registry, readiness))
  logger.info({ url: `http://${http.host}:${http.port}`, roles }, 'serving /metrics, /livez and /readyz')
  const watching = watchDependencies(readiness, metrics, stopping.signal)
  let running: RunningRoles | undefined
  try {
    running = await startRoles({ config, roles, logger, registry, metrics, board, clock: systemClock, signal: stopping.signal })
    await Promise.race([running.failed, aborted(stopping.signal)])
    return ExitCode.ok
  } catch (error) {
    if (error instanceof Stopped) return ExitCode.ok
    logger.fatal({ err: error }, error instanceof Error ? error.message : String(error))
    return isUnusable(error) ? ExitCode.config : ExitCode.failed
  } finally {
    stopping.abort()
    await running?.stop()
    await watching
    await http.close()
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal)
    logger.info('stopped')
  }
}

/** What readiness answers, as a metric: who scrapes asks nobody for readiness. */
const watchDependencies = async (readiness: Readiness, metrics: ProcessMetrics, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    for (const { name, ok } of await readiness()) metrics.dependency(name, ok)
    await systemClock.sleep(DEPENDENCIES_MS, signal)
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })

const parseRoles = (text: string): readonly Role[] | string => {
  const names = text.split(',').map(name => name.trim())
  const unknown = names.filter(name => !(ROLES as readonly string[]).includes(name))
  return unknown.length > 0 ? `no such role: ${unknown.join(', ')}; there are ${ROLES.join(' and ')}` : (names as Role[])
}
