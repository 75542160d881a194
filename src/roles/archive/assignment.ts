import type { Logger } from 'pino'
import type { KafkaConfig } from '../../config/config.ts'
import type { Log, Membership, PartitionReader } from '../../consumers/log.ts'
import type { Health } from '../../sinks/readiness.ts'
import { startOffset } from '../start-offset.ts'
import { archivePartition, type PartitionOptions } from './partition.ts'
import { createWaiting } from './waiting.ts'

export type AssignmentOptions = Readonly<{
  log: Log
  topic: string
  membership: Membership
  startAt: KafkaConfig['startAt']
  /** No partition is read before. */
  ready: Promise<void>
  partition: Omit<PartitionOptions, 'at' | 'from' | 'reader' | 'onArchived' | 'onTrouble' | 'onGap'>
  logger: Pick<Logger, 'info' | 'warn' | 'error'>
  onCrash: (error: Error) => void
  /** Everything stops. */
  signal: AbortSignal
}>

/** The partitions that this member owns, each with its loop. One whose loop halted stays here, in trouble, until it is lost. */
export type Assignment = Readonly<{
  assign(partitions: readonly number[]): void
  /** Commits what has moved since the last time. A refusal is no error: whoever owns the partition then sends it again. */
  commit(): Promise<void>
  health(): Health
  /** Resolves when all loops have ended, after the signal. */
  stopped(): Promise<void>
}>

type Running = { readonly lost: AbortController; done: Promise<void>; archived: number | null; trouble: string | null }

export const createAssignment = (options: AssignmentOptions): Assignment => {
  const { log, topic, membership, startAt, ready, logger, signal, onCrash } = options
  const { metrics } = options.partition
  const running = new Map<number, Running>()
  /** Loops that were told to end, by partition: it is not started again before. */
  const ending = new Map<number, Promise<void>>()
  const committed = new Map<number, number>()
  let assigned = false

  /** What the group has committed; else where a first start begins, which is committed before anything is read from there. */
  const position = async (partition: number, reader: PartitionReader, lookup: Lookup): Promise<number> => {
    const stored = (await lookup()).get(partition)
    if (stored !== undefined) return Number(stored)
    const first = await startOffset(reader, startAt)
    await membership.commitOffsets(new Map([[partition, BigInt(first)]]))
    return first
  }

  const run = async (partition: number, self: Running, lookup: Lookup, before: Promise<void> | undefined): Promise<void> => {
    const lost = self.lost.signal
    const own = {
      onArchived: (offset: number) => {
        self.archived = offset
      },
      onTrouble: (reason: string | null) => {
        if (reason !== null && self.trouble === null) logger.warn({ topic, partition, reason }, 'archive: a partition waits')
        self.trouble = reason
      },
      onGap: (lostRecords: number, fromOffset: number) => {
        metrics.gap('archive', topic, partition, lostRecords)
        logger.error({ topic, partition, lostRecords, fromOffset }, 'archive: records left the log before they were archived')
      },
    }
    const waiting = createWaiting({ ...options.partition, ...own }, lost)
    await Promise.all([before, ready])
    const reader = await waiting.until(() => log.reader({ topic, partition }))
    if (reader === undefined) return
    let closing: Promise<void> | undefined
    const close = (): Promise<void> => {
      closing ??= reader.close()
      return closing
    }
    lost.addEventListener('abort', close, { once: true })
    try {
      const from = await waiting.until(() => position(partition, reader, lookup))
      if (from === undefined) return
      committed.set(partition, from)
      await archivePartition({ ...options.partition, ...own, at: { topic, partition }, from, reader }, lost)
    } finally {
      await close()
      metrics.forgetPartition('archive', topic, partition)
    }
  }

  const start = (partition: number, lookup: Lookup): void => {
    const self: Running = { lost: new AbortController(), done: Promise.resolve(), archived: null, trouble: null }
    if (signal.aborted) return
    running.set(partition, self)
    self.done = run(partition, self, lookup, ending.get(partition)).catch(onCrash)
  }

  const end = (partition: number, { lost, done }: Running): void => {
    running.delete(partition)
    lost.abort()
    const ended = done.finally(() => {
      if (ending.get(partition) === ended) ending.delete(partition)
    })
    ending.set(partition, ended)
  }

  signal.addEventListener('abort', () => {
    for (const { lost } of running.values()) lost.abort()
  })

  return {
    assign: partitions => {
      assigned = true
      for (const [partition, self] of [...running]) if (!partitions.includes(partition)) end(partition, self)
      const came = partitions.filter(partition => !running.has(partition))
      const lookup = oneLookup(() => membership.committed(came))
      for (const partition of came) start(partition, lookup)
    },
    commit: async () => {
      const moved = [...running].flatMap(([partition, { archived }]) =>
        archived === null || archived === committed.get(partition) ? [] : [[partition, archived] as const],
      )
      if (moved.length === 0) return
      try {
        await membership.commitOffsets(new Map(moved.map(([partition, offset]) => [partition, BigInt(offset)])))
        for (const [partition, offset] of moved) committed.set(partition, offset)
      } catch (error) {
        logger.info(
          { reason: error instanceof Error ? error.message : String(error) },
          'archive: offsets not committed, again later',
        )
      }
    },
    health: () => {
      if (!assigned) return { kind: 'down', reason: `starting: no partitions of ${topic} assigned yet` }
      const [trouble] = [...running].filter(([, self]) => self.trouble !== null)
      return trouble === undefined ? { kind: 'ok' } : { kind: 'down', reason: `${topic}-${trouble[0]}: ${trouble[1].trouble}` }
    },
    stopped: async () => {
      await Promise.all([...[...running.values()].map(({ done }) => done), ...ending.values()])
    },
  }
}

type Lookup = () => Promise<ReadonlyMap<number, bigint>>

/** One question for all partitions that came together; asked again only when it failed. */
const oneLookup = (ask: Lookup): Lookup => {
  let answer: ReturnType<Lookup> | undefined
  return () => {
    answer ??= ask().catch(error => {
      answer = undefined
      throw error
    })
    return answer
  }
}
