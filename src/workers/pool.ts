import { MessageChannel, Worker } from 'node:worker_threads'
import type { Logger } from 'pino'
import { type BackoffOptions, backoffMs } from '../backoff.ts'
import { type Clock, systemClock } from '../clock.ts'
import type { MemberEnd } from '../roles/member.ts'
import type { WorkerMetrics } from '../sinks/prometheus/process/workers.ts'
import type { Answers, FromWorker, Question, ToWorker } from './messages.ts'

export type PoolOptions = Readonly<{
  /** The code of a worker. */
  entry: URL
  count: number
  /** What worker 1, 2, ... is given, at each of its starts. */
  dataOf(worker: number): unknown
  metrics: WorkerMetrics
  logger: Logger
  backoff?: BackoffOptions
  clock?: Clock
}>

/** As many workers as were asked for, kept running. */
export type WorkerPool = Readonly<{
  /** Resolves when all have ended: because of the signal, or because one of them met what no waiting cures. */
  run(stopping: AbortSignal): Promise<MemberEnd>
  /** By worker, from 1; null where none came within `timeoutMs`, or no worker is there. */
  ask<Q extends Question>(question: Q, timeoutMs: number): Promise<readonly (Answers[Q] | null)[]>
  /** Which worker's thread is there. */
  running(): readonly boolean[]
}>

/** Between two starts of a worker that crashes. */
const BACKOFF: BackoffOptions = { baseMs: 1_000, maxMs: 30_000 }
/** Who ran for so long did not crash because of its start: the next wait is the shortest again. */
const SETTLED_MS = 60_000

export const createWorkerPool = (options: PoolOptions): WorkerPool => {
  const { entry, count, dataOf, metrics, logger, backoff = BACKOFF, clock = systemClock } = options
  const workers = Array.from({ length: count }, (_, i) => i + 1)
  const threads = new Map<number, Worker>()

  const runOnce = async (worker: number, signal: AbortSignal): Promise<MemberEnd> => {
    const thread = new Worker(entry, { workerData: dataOf(worker), name: `worker ${worker}` })
    const stop = (): void => thread.postMessage({ kind: 'stop' } satisfies ToWorker)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop)
    threads.set(worker, thread)
    metrics.up(worker, true)
    let how: MemberEnd = 'failed'
    thread.on('message', (last: FromWorker) => {
      how = last.how
    })
    thread.on('error', error => logger.error({ err: error, worker }, 'a worker crashed'))
    await new Promise(resolve => thread.once('exit', resolve))
    signal.removeEventListener('abort', stop)
    threads.delete(worker)
    metrics.up(worker, false)
    return how
  }

  const keepRunning = async (worker: number, signal: AbortSignal): Promise<MemberEnd> => {
    for (let failures = 1; ; failures++) {
      const startedMs = clock.now()
      const how = await runOnce(worker, signal)
      if (how !== 'failed' || signal.aborted) return how
      if (clock.now() - startedMs > SETTLED_MS) failures = 1
      const waitMs = backoffMs(failures, backoff, Math.random)
      logger.error({ worker, waitMs }, 'a worker failed: it is started again')
      metrics.restarted(worker)
      await clock.sleep(waitMs, signal)
      if (signal.aborted) return 'stopped'
    }
  }

  const askOne = <Q extends Question>(worker: number, question: Q, timeoutMs: number): Promise<Answers[Q] | null> =>
    new Promise(resolve => {
      const thread = threads.get(worker)
      if (thread === undefined) return resolve(null)
      const { port1, port2 } = new MessageChannel()
      const timer = setTimeout(() => port1.close(), timeoutMs)
      port1.once('message', (answer: Answers[Q]) => {
        resolve(answer)
        port1.close()
      })
      // its own end, the worker's, or the time that is over
      port1.once('close', () => {
        clearTimeout(timer)
        resolve(null)
      })
      thread.postMessage({ kind: question, port: port2 } satisfies ToWorker, [port2])
    })

  return {
    run: async stopping => {
      const hopeless = new AbortController()
      const signal = AbortSignal.any([stopping, hopeless.signal])
      const ends = await Promise.all(
        workers.map(async worker => {
          const how = await keepRunning(worker, signal)
          if (how === 'unusable') hopeless.abort()
          return how
        }),
      )
      return ends.find(how => how === 'unusable') ?? ends.find(how => how === 'failed') ?? 'stopped'
    },
    ask: (question, timeoutMs) => Promise.all(workers.map(worker => askOne(worker, question, timeoutMs))),
    running: () => workers.map(worker => threads.has(worker)),
  }
}
