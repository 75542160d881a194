import { setImmediate as nextTurn } from 'node:timers/promises'
import { Registry } from 'prom-client'
import type { Config } from '../../../src/config/config.ts'
import type { Log, OutgoingRecord } from '../../../src/consumers/log.ts'
import { createMemoryLog, type MemoryLogOptions } from '../../../src/consumers/memory/log.ts'
import type { Transcode } from '../../../src/roles/archive/transcode.ts'
import { type Archive, startArchive } from '../../../src/roles/archive.ts'
import type { WatchedBudget } from '../../../src/sinks/prometheus/process/resources.ts'
import { createProcessMetrics } from '../../../src/sinks/prometheus/process-metrics.ts'
import { createManualClock } from './manual-clock.ts'

export const TOPIC = 'predictions'
export const DEAD_LETTERS = 'dead-letters'
export const NOW_MS = Date.parse('2026-03-15T12:00:00Z')

/** Values that are JSON text already; a value that begins with `!` is undecodable. */
export const transcodeJson: Transcode = (bytes, start, end) =>
  bytes[start] === 0x21
    ? { kind: 'undecodable', reason: 'begins with !' }
    : { kind: 'json', text: bytes.toString('utf8', start, end) }

export const kafkaConfig = (partitions: number, startAt: Config['kafka']['startAt'] = { kind: 'earliest' }): Config['kafka'] => ({
  brokers: [],
  clientId: 'test',
  ssl: false,
  sasl: null,
  topics: { predictions: TOPIC, windows: 'windows', alerts: 'alerts', deadLetters: DEAD_LETTERS },
  createTopics: true,
  partitions,
  replicationFactor: 1,
  startAt,
  sessionTimeoutMs: 10_000,
  fetchMaxBytes: 1024 * 1024,
})

type ArchiveSettings = Readonly<{
  log?: Log
  url?: string
  index?: string
  startAt?: Config['kafka']['startAt']
  transcode?: Transcode
}>

/** A memory log with its topics, on a clock that stands still, and archives that read it. */
export const createWorld = async (
  settings: Readonly<{
    url: string
    partitions?: number
    index?: string
    deadLetters?: boolean
    memoryBytes?: number
    log?: Partial<MemoryLogOptions>
  }>,
) => {
  const { url, partitions = 1, index = 'events', deadLetters = true, memoryBytes = 64 * 1024 * 1024 } = settings
  const clock = createManualClock(NOW_MS)
  const log = createMemoryLog({ clock: clock.now, ...settings.log })
  const topic = (name: string, count: number) => ({ name, partitions: count, config: {} })
  const ensure = (name: string, count: number) => log.ensureTopics([topic(name, count)], { create: true })
  await ensure(TOPIC, partitions)
  if (deadLetters) await ensure(DEAD_LETTERS, 1)
  const writer = await log.writer()
  const registry = new Registry()
  const metrics = createProcessMetrics({ registry, nowMs: clock.now, defaultMetrics: false })
  const logged: Record<string, unknown>[] = []
  const peak = { bytes: 0 }
  const budgets: WatchedBudget[] = []
  const watchBudget: typeof metrics.watchBudget = (name, budget) => {
    budgets.push(budget)
    metrics.watchBudget(name, budget)
  }
  const usedBytes = () => budgets.flatMap(({ byPart }) => [...byPart().values()]).reduce((sum, bytes) => sum + bytes, 0)
  const note = (fields: unknown, message?: string) =>
    void logged.push(typeof fields === 'string' ? { message: fields } : { ...(fields as object), message })
  const crashes: Error[] = []
  const started: Archive[] = []
  const group = () => log.membership({ groupId: 'test-archive', topic: TOPIC, sessionTimeoutMs: 10_000 })

  return {
    clock,
    log,
    logged,
    crashes,
    /** What archives held at most, as of all turns of `until`; they share no budget. */
    peak,
    usedBytes,
    start: (some: ArchiveSettings = {}): Archive => {
      const archive = startArchive({
        config: {
          namespace: 'test',
          kafka: kafkaConfig(partitions, some.startAt),
          budget: { memoryBytes, stateBytes: 0, outboxAlerts: 0 },
          elasticsearch: { url: some.url ?? url, index: some.index ?? index },
        },
        log: some.log ?? log,
        transcode: some.transcode ?? transcodeJson,
        incarnation: '',
        deadLetterWriter: writer,
        metrics: { ...metrics, watchBudget },
        logger: { info: note, warn: note, error: note },
        clock,
        random: () => 0,
        onCrash: error => crashes.push(error),
      })
      started.push(archive)
      return archive
    },
    ensure,
    append: (...records: readonly (OutgoingRecord | string | null)[]) =>
      writer.append(
        TOPIC,
        records.map(record => (typeof record === 'string' || record === null ? event(record) : record)),
      ),
    /** What the archive's group has committed. */
    committed: async (): Promise<Readonly<Record<number, bigint>>> =>
      Object.fromEntries(
        [...(await group().committed(Array.from({ length: partitions }, (_, p) => p)))].map(([p, { offset }]) => [p, offset]),
      ),
    commit: async (offsets: ReadonlyMap<number, bigint>) => {
      const membership = group()
      await membership.start({ onAssigned: () => {}, onRevoking: () => {}, onCrash: () => {} })
      await membership.commitOffsets(offsets)
      await membership.stop()
    },
    metric: async (name: string): Promise<readonly string[]> =>
      (await registry.metrics()).split('\n').filter(line => line.startsWith(`tidemark_process_${name}`)),
    /** Wakes one sleeper after another until the condition holds; between them, I/O has its turn. */
    until: async (condition: () => boolean | Promise<boolean>): Promise<void> => {
      while (!(await condition())) {
        clock.wakeNext()
        await nextTurn()
        peak.bytes = Math.max(peak.bytes, usedBytes())
      }
    },
    close: async () => {
      await Promise.all(started.map(archive => archive.stop()))
      await log.close()
    },
  }
}

/** A document's id without the topic's. */
export const placeOf = (id: string): string => id.replace(/^predictions-[0-9a-f]{8}-/, 'predictions-')

export type World = Awaited<ReturnType<typeof createWorld>>

export const event = (value: string | null, partition = 0): OutgoingRecord => ({
  key: null,
  value: value === null ? null : Buffer.from(value),
  partition,
})
