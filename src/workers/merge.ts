import { AggregatorRegistry, type Registry } from 'prom-client'
import type { Operations } from '../sinks/http.ts'
import type { DependencyStatus, Readiness } from '../sinks/readiness.ts'
import type { Answers } from './messages.ts'
import type { WorkerPool } from './pool.ts'

/** Within a scrape's customary 10 s. */
const METRICS_TIMEOUT_MS = 8_000
/** A worker's own checks take at most 2 s. */
const READINESS_TIMEOUT_MS = 4_000
/** Whose loop does not turn for so long is hung. */
const ALIVE_TIMEOUT_MS = 5_000

/** What one process says of all its workers: their metrics side by side with its own, one readiness, one liveness. */
export const mergedOperations = (own: Registry, pool: WorkerPool): Operations => ({
  contentType: own.contentType,
  metrics: async () => {
    const answers = await pool.ask('metrics', METRICS_TIMEOUT_MS)
    const families = [await own.getMetricsAsJSON(), ...answers.filter(answer => answer !== null)]
    // the label `worker` keeps their samples apart, so there is nothing to sum
    return AggregatorRegistry.aggregate(families).metrics()
  },
  readiness: mergedReadiness(pool),
  hung: async () => {
    const answers = await pool.ask('alive', ALIVE_TIMEOUT_MS)
    const running = pool.running()
    return answers.flatMap((answer, i) => (answer === null && running[i] ? [`worker ${i + 1} does not answer`] : []))
  },
})

const mergedReadiness =
  (pool: WorkerPool): Readiness =>
  async () => {
    const answers = await pool.ask('readiness', READINESS_TIMEOUT_MS)
    return [...mergeStatuses(answers), ...answers.map((answer, i) => workerStatus(i + 1, answer !== null))]
  }

const workerStatus = (worker: number, ok: boolean): DependencyStatus => ({
  name: `worker-${worker}`,
  ok,
  reason: ok ? null : 'does not answer',
})

/** A dependency is up if every worker says so; else it says what each of the others says. */
export const mergeStatuses = (answers: readonly (Answers['readiness'] | null)[]): readonly DependencyStatus[] => {
  const names = new Set(answers.flatMap(answer => answer?.map(({ name }) => name) ?? []))
  return [...names].map(name => {
    const reasons = answers.flatMap((answer, i) => {
      const status = answer?.find(other => other.name === name)
      return status === undefined || status.ok ? [] : [`worker ${i + 1}: ${status.reason}`]
    })
    return { name, ok: reasons.length === 0, reason: reasons.length === 0 ? null : reasons.join('; ') }
  })
}
