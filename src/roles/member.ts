import type { Logger } from 'pino'
import { Registry } from 'prom-client'
import { systemClock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import { createProcessMetrics, type ProcessMetrics } from '../sinks/prometheus/process-metrics.ts'
import { createReadiness, type Readiness } from '../sinks/readiness.ts'
import { createHealthBoard } from './health-board.ts'
import { Stopped } from './monitor/retry.ts'
import { type Role, type RunningRoles, startRoles } from './start.ts'
import { isUnusable } from './unusable.ts'

/** How it ended: told to; with what no waiting cures (configuration, stored state, topics); or with an error of another kind. */
export type MemberEnd = 'stopped' | 'unusable' | 'failed'

/** One member of the groups: the whole of a process, or one of its workers. */
export type Member = Readonly<{
  registry: Registry
  readiness: Readiness
  /** Does its work until the signal of `stopping`, then writes everything and leaves the groups. */
  run(stopping: AbortSignal): Promise<MemberEnd>
}>

export type MemberOptions = Readonly<{
  config: Config
  roles: readonly Role[]
  logger: Logger
  /** Where a process has several; it is in the name of the member. */
  worker: number | null
}>

/** How often dependencies are asked how they are, for the metric. */
const DEPENDENCIES_MS = 5_000
/** How long a dependency may take to answer a readiness check. */
const READINESS_TIMEOUT_MS = 2_000

export const createMember = ({ config, roles, logger, worker }: MemberOptions): Member => {
  const registry = new Registry()
  const metrics = createProcessMetrics({ registry, nowMs: Date.now, defaultMetrics: true })
  const board = createHealthBoard(['kafka', 'redis', 'schema-registry', ...roles])
  const readiness = createReadiness(board.dependencies, READINESS_TIMEOUT_MS)
  return {
    registry,
    readiness,
    run: async stopping => {
      const ended = new AbortController()
      const signal = AbortSignal.any([stopping, ended.signal])
      const watching = watchDependencies(readiness, metrics, signal)
      let running: RunningRoles | undefined
      try {
        running = await startRoles({ config, roles, worker, logger, registry, metrics, board, clock: systemClock, signal })
        await Promise.race([running.failed, aborted(signal)])
        return 'stopped'
      } catch (error) {
        if (error instanceof Stopped) return 'stopped'
        logger.fatal({ err: error }, error instanceof Error ? error.message : String(error))
        return isUnusable(error) ? 'unusable' : 'failed'
      } finally {
        ended.abort()
        await running?.stop()
        await watching
        logger.info('stopped')
      }
    },
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
