import type { Logger } from 'pino'
import type { KafkaConfig } from '../../config/config.ts'
import type { CommittedOffset, Log, Membership, PartitionReader } from '../../consumers/log.ts'
import type { Health } from '../../sinks/readiness.ts'
import { startOffset } from '../start-offset.ts'
import { archivePartition, type Gap, type PartitionOptions } from './partition.ts'
import { createWaiting, type Wait } from './waiting.ts'

export type AssignmentOptions = Readonly<{
  log: Log
  topic: string
  membership: Membership
  startAt: KafkaConfig['startAt']
  /** No partition is read before. */
  ready: Promise<void>
  /** Where the log gives no topic ids: what stands for them in the ids of documents. */
  incarnation: string
  partition: Omit<PartitionOptions, 'at' | 'from' | 'reader' | 'incarnation' | 'topicId' | 'onArchived' | 'onWait' | 'onGap'>
  logger: Pick<Logger, 'info' | 'warn' | 'error'>
  onCrash: (error: Error) => void
  /** Everything stops. */
  signal: AbortSignal
}>

/** The partitions that this member owns, each with its loop. */
export type Assignment = Readonly<{
  assign(partitions: readonly number[]): void
  /** Commits what has moved since the last time. A refusal is no error: whoever owns the partition then sends it again. */
  commit(): Promise<void>
  health(): Health
  /** Resolves when all loops have ended, after the signal. */
  stopped(): Promise<void>
}>

type Running = {
  readonly lost: AbortController
  done: Promise<void>
  topicId: string | null
  archived: number | null
  wait: Wait | null
}

/** Partitions take turns with the memory budget all the time: one that waits for so long is worth a word. */
const BUDGET_WAIT_MS = 10_000

export const createAssignment = (options: AssignmentOptions): Assignment => {
  const { log, topic, membership, startAt, ready, logger, signal, onCrash } = options
  const { metrics, clock, topicIdNow, memory } = options.partition
  const running = new Map<number, Running>()
  /** Loops that were told to end, by partition: it is not started again before. */
  const ending = new Map<number, Promise<void>>()
  const committed = new Map<number, number>()
  let assigned = false

  /**
   * What the group has committed of this topic; else where a first start begins, which is committed before anything is read from
   * there. Each commit carries the topic's id: offsets of one that was deleted say nothing about this one.
   */
  const position = async (
    partition: number,
    topicId: string | null,
    reader: PartitionReader,
    lookup: Lookup,
  ): Promise<number> => {
    const stored = (await lookup()).get(partition)
    const isOfOther = stored !== undefined && topicId !== null && stored.metadata !== '' && stored.metadata !== topicId
    if (stored !== undefined && !isOfOther) return Number(stored.offset)
    const first = await startOffset(reader, startAt)
    if (isOfOther)
      logger.warn(
        { topic, partition, topicId, committed: { topicId: stored.metadata, offset: Number(stored.offset) }, startsAt: first },
        'archive: the topic was deleted and made again: archiving begins anew',
      )
    await membership.commitOffsets(new Map([[partition, BigInt(first)]]), topicId ?? '')
    return first
  }

  const waitsFor = (partition: number, self: Running, wait: Wait | null): void => {
    const before = self.wait
    self.wait = wait
    if (before?.reason === wait?.reason) return
    if (before !== null) metrics.partitionPaused('archive', topic, partition, before.reason, false)
    if (wait === null) return
    metrics.partitionPaused('archive', topic, partition, wait.reason, true)
    // Elasticsearch is said once for all partitions (see the writer); turns with the memory budget are no news
    if (wait.reason === 'elasticsearch' || wait.reason === 'memory-budget') return
    logger.warn({ topic, partition, reason: wait.reason, detail: wait.detail }, 'archive: a partition waits')
  }

  const gap = (partition: number, { kind, records, offset, goesOnAt }: Gap): void => {
    metrics.gap('archive', topic, partition, records)
    const fields = { topic, partition, records, offset, goesOnAt }
    if (kind === 'retention') logger.error(fields, 'archive: records left the log before they were archived')
    else logger.error(fields, 'archive: the log ends before what was archived of it: everything in it is sent again')
  }

  const run = async (partition: number, self: Running, together: Lookup, before: Promise<void> | undefined): Promise<void> => {
    const lost = self.lost.signal
    const own = {
      onArchived: (offset: number) => {
        self.archived = offset
      },
      onWait: (wait: Wait | null) => waitsFor(partition, self, wait),
      onGap: (found: Gap) => gap(partition, found),
    }
    const waiting = createWaiting({ ...options.partition, ...own }, lost)
    await Promise.all([before, ready])
    const { fetchMaxBytes } = memory
    const reader = await waiting.until('log', () => log.reader({ topic, partition }, { fetchMaxBytes, keepsMemory: false }))
    if (reader === undefined) return
    let closing: Promise<void> | undefined
    const close = (): Promise<void> => {
      closing ??= reader.close()
      return closing
    }
    lost.addEventListener('abort', close, { once: true })
    try {
      let lookup = together
      for (let ended = 'recreated'; ended === 'recreated'; lookup = () => membership.committed([partition])) {
        const topicId = await waiting.until('log', topicIdNow)
        if (topicId === undefined) return
        const from = await waiting.until('group', () => position(partition, topicId, reader, lookup))
        if (from === undefined) return
        committed.set(partition, from)
        self.archived = from
        self.topicId = topicId
        const incarnation = topicId ?? options.incarnation
        const at = { topic, partition }
        ended = await archivePartition({ ...options.partition, ...own, at, from, reader, topicId, incarnation }, lost)
      }
    } finally {
      await close()
      metrics.forgetPartition('archive', topic, partition)
    }
  }

  const start = (partition: number, lookup: Lookup): void => {
    const self: Running = {
      lost: new AbortController(),
      done: Promise.resolve(),
      topicId: null,
      archived: null,
      wait: null,
    }
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
      const moved = new Map<string, Map<number, bigint>>()
      for (const [partition, { archived, topicId }] of running) {
        if (archived === null || archived === committed.get(partition)) continue
        const ofTopic = moved.get(topicId ?? '') ?? new Map()
        moved.set(topicId ?? '', ofTopic.set(partition, BigInt(archived)))
      }
      for (const [topicId, offsets] of moved) {
        try {
          await membership.commitOffsets(offsets, topicId)
          for (const [partition, offset] of offsets)
            if ((running.get(partition)?.topicId ?? '') === topicId) committed.set(partition, Number(offset))
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error)
          logger.info({ reason }, 'archive: offsets not committed, again later')
        }
      }
    },
    health: () => {
      if (!assigned) return { kind: 'down', reason: `starting: no partitions of ${topic} assigned yet` }
      for (const [partition, { wait }] of running) {
        if (wait === null || (wait.reason === 'memory-budget' && clock.now() - wait.sinceMs < BUDGET_WAIT_MS)) continue
        return { kind: 'down', reason: `${topic}-${partition} waits (${wait.reason}): ${wait.detail}` }
      }
      return { kind: 'ok' }
    },
    stopped: async () => {
      await Promise.all([...[...running.values()].map(({ done }) => done), ...ending.values()])
    },
  }
}

type Lookup = () => Promise<ReadonlyMap<number, CommittedOffset>>

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
