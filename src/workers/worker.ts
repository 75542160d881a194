import { parentPort, workerData } from 'node:worker_threads'
import { pino } from 'pino'
import { endSoon } from '../end-soon.ts'
import { createMember } from '../roles/member.ts'
import type { Answers, FromWorker, Question, ToWorker, WorkerData } from './messages.ts'

/**
 * A worker: a thread with a member of the groups of its own, which shares nothing with the others. The main thread asks it
 * how it is, and tells it to stop.
 */
const main = async (given: WorkerData): Promise<void> => {
  if (parentPort === null) throw new Error('this is the code of a worker: it is started by tidemark run --workers')
  const port = parentPort
  const { worker, instance, config, roles } = given
  const logger = pino({ level: config.log.level, base: { instance, worker } })
  const member = createMember({ config, roles, logger, worker })
  member.registry.setDefaultLabels({ worker: String(worker) })
  // those are of the whole process: the main thread shows them
  for (const { name } of member.registry.getMetricsAsArray())
    if (name.startsWith('process_')) member.registry.removeSingleMetric(name)
  const answers: Readonly<{ [Q in Question]: () => Promise<Answers[Q]> }> = {
    metrics: () => member.registry.getMetricsAsJSON(),
    readiness: member.readiness,
    alive: async () => true,
  }
  const stopping = new AbortController()
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'stop') return stopping.abort()
    // an error is no answer: whoever asks shows that there was none
    const answer = (value: unknown): void => message.port.postMessage(value)
    answers[message.kind]().then(answer, error => logger.error({ err: error }, `no ${message.kind}`))
  })
  const last: FromWorker = { how: await member.run(stopping.signal) }
  port.postMessage(last)
  port.close()
  endSoon()
}

await main(workerData as WorkerData)
