import { pino } from 'pino'
import { systemClock } from '../clock.ts'
import { type ConfigSource, loadConfig } from '../config/load.ts'
import { createKafkaLog } from '../consumers/kafka/log.ts'
import { monitorGroup } from '../roles/monitor/group.ts'
import { blockingOf } from '../state/blocking.ts'
import { renderState } from '../state/render.ts'
import { takeSnapshot } from '../state/snapshot.ts'
import { createRedisStore } from '../windows/store/redis/store.ts'
import { type CommandIo, ExitCode } from './io.ts'

export type StateOptions = Readonly<{
  source: ConfigSource
  json: boolean
  /** Looks again and again until this is aborted. */
  watch: boolean
  signal: AbortSignal
}>

const WATCH_MS = 2_000
const CLEAR = '\x1b[2J\x1b[H'

/** `tidemark state`: what a namespace keeps and what it waits for. Exit 1 where Kafka or Redis cannot be asked. */
export const runState = async ({ source, json, watch, signal }: StateOptions, io: CommandIo): Promise<number> => {
  const config = loadConfig(source)
  const logger = pino({ level: 'silent' })
  const { namespace } = config
  const topic = config.kafka.topics.predictions
  const log = createKafkaLog(config.kafka, logger)
  const opened: Readonly<{ close(): Promise<void> }>[] = [log]
  const look = async (store: Awaited<ReturnType<typeof createRedisStore>>): Promise<string> => {
    const of = { namespace, topic, groupId: monitorGroup(namespace), atMs: systemClock.now() }
    const snapshot = await takeSnapshot({ log, store }, of)
    if (snapshot === null) return json ? 'null\n' : `nothing was ever stored under namespace ${namespace}\n`
    const blocking = blockingOf(snapshot, config.budget)
    return json ? `${JSON.stringify({ ...snapshot, blocking })}\n` : renderState(snapshot, blocking)
  }
  try {
    const store = await createRedisStore({ ...config.redis, namespace, topic, logger })
    opened.push(store)
    do {
      const text = await look(store)
      io.stdout.write(watch && !json && io.stdout.isTTY ? CLEAR + text : text)
      if (watch) await systemClock.sleep(WATCH_MS, signal)
    } while (watch && !signal.aborted)
    return ExitCode.ok
  } catch (error) {
    io.stderr.write(`tidemark state: ${error instanceof Error ? error.message : String(error)}\n`)
    return ExitCode.failed
  } finally {
    for (const resource of opened.reverse()) await resource.close()
  }
}
