import type { Logger } from 'pino'
import type { BatchFingerprint, Fetched } from '../../consumers/log.ts'
import type { RecordBlock } from '../../consumers/record-block.ts'
import { createDecoder } from '../../events/avro/decoder.ts'
import { createEventColumns } from '../../events/columns.ts'
import { createTextInterner } from '../../events/interner.ts'
import { shardOf } from '../../windows/hash.ts'
import { createPartitionWindows, type PartitionOptions } from '../../windows/partition.ts'
import { NO_TIME_MS } from '../../windows/time.ts'
import { createCheckpoints } from './checkpoints.ts'
import type { MonitorContext } from './context.ts'
import { createIngest } from './ingest.ts'
import { untilAwaited } from './joining.ts'
import { createPartitionMetrics } from './partition-metrics.ts'
import { type PauseReason, pauseReason } from './pausing.ts'
import { createRaising } from './raising.ts'
import type { Start } from './restore.ts'
import { createSchemaLookup } from './schema-lookup.ts'

type Records = Extract<Fetched, { kind: 'records' }>

/** What a process holds of a claimed partition: its windows, and how far they and the store are. */
export type PartitionSession = Readonly<{
  /** The next offset to read. */
  offset(): number
  /** Folds an answer, in slices; checkpoints as they fall due. Throws OwnershipLost when a checkpoint was refused. */
  fold(records: Records): Promise<void>
  /** For times without records: checkpoints that are due. */
  tick(): Promise<void>
  /** Why nothing more may be fetched now; null: it may. */
  pausedBy(): PauseReason | null
  /** Tells that reading pauses, or goes on. */
  paused(reason: PauseReason, isPaused: boolean): void
  checkpointSoon(): void
  restartOffset(): bigint | undefined
  /** The last checkpoint: everything is in the store afterwards. */
  finish(): Promise<void>
  /** What it holds no longer counts. */
  close(): void
}>

/** Rows of a batch: enough that an aggregate's loop pays, few enough that the columns stay in the second-level cache. */
const BATCH_ROWS = 1024
/** A slice of folding that keeps the thread at most; then heartbeats, fetches and other partitions have a turn. */
const SLICE_MS = 10

export const openSession = async (
  context: MonitorContext,
  options: Readonly<{
    partition: number
    token: string
    start: Start
    commitId: string
    restored: PartitionOptions['restored']
    logger: Logger
    signal: AbortSignal
    onCheckpoint(): void
  }>,
): Promise<PartitionSession> => {
  const { budgets, clock, config, metrics, plans, progress, topology } = context
  const { partition, logger, signal, restored, start } = options
  const topic = config.kafka.topics.predictions

  const windows = createPartitionWindows({
    plans,
    time: config.time,
    checkpoint: config.checkpoint,
    limits: config.limits,
    shardOf: model => shardOf(model, topology.shardCount),
    startOffset: start.offset,
    restored,
  })
  const texts = createTextInterner()
  const decoder = createDecoder({ dictionary: plans.dictionary, limits: config.limits, texts })
  const schemas = createSchemaLookup(context, decoder, { logger, signal })
  const numbers = createPartitionMetrics(context, partition, windows)
  const ingest = createIngest({
    at: { topic, partition },
    decoder,
    columns: createEventColumns(BATCH_ROWS, plans.dictionary, texts),
    windows,
    maxFutureMs: config.time.maxFutureMs,
    onDeadLetter: reason => metrics.process.deadLetters(reason, 1),
  })
  const checkpoints = createCheckpoints(context, { ...options })
  const raising = createRaising(config.time, {
    idle: restored.meta?.idle ?? false,
    watermarkMs: windows.watermarkMs(),
    nowMs: clock.now(),
  })

  let offset = start.offset
  let fingerprint: BatchFingerprint = restored.meta?.restart.fingerprint
  let restartOffset = restored.meta?.restart.offset
  let caughtUp = false
  let checkpointedMs = clock.now()
  let urgent = false
  let refused: unknown
  let sliceStartedMs = 0

  /** Plans at once (the windows stand at `offset`), then writes while folding goes on. */
  const checkpoint = (everything: boolean): Promise<void> => {
    ingest.fold()
    urgent = false
    checkpointedMs = clock.now()
    const plan = windows.planCheckpoint({
      nextOffset: offset,
      fingerprint,
      nowMs: checkpointedMs,
      firedThroughMs: progress.last().firedThroughMs,
      idle: raising.isIdle(),
      caughtUp,
      everything,
    })
    return checkpoints.send(plan, ingest.takeDeadLetters(), () => {
      windows.committed(plan)
      ingest.lettersWritten()
      restartOffset = plan.meta.restart.offset
      numbers.checkpointed(plan.meta, clock.now(), ingest.waitingBytes())
      options.onCheckpoint()
    })
  }

  const checkpointIfDue = (): void => {
    if (refused !== undefined) throw refused
    if (checkpoints.busy() || !(urgent || clock.now() - checkpointedMs >= config.checkpoint.intervalMs)) return
    checkpoint(false)
      .then(() => progress.refresh())
      .catch(error => {
        if (error?.name !== 'StoreUnavailable') refused = error
      })
  }

  const foldBlock = async (block: RecordBlock, records: Records): Promise<void> => {
    ingest.begin()
    for (;;) {
      const ingested = ingest.run(block)
      if (ingested.kind === 'unknown-schema') {
        ingest.fold()
        offset = block.offsets[ingest.position()]
        const found = await schemas.load(ingested.schemaId)
        if (found === 'unknown') ingest.refuse(block, 'unknown-schema', `schema ${ingested.schemaId} is not in the registry`)
        continue
      }
      ingest.fold()
      const done = ingested.kind === 'end'
      offset = done ? block.offsets[block.count - 1] + 1 : block.offsets[ingest.position()]
      fingerprint = records.fingerprint() ?? fingerprint
      checkpointIfDue()
      if (clock.now() - sliceStartedMs >= SLICE_MS) {
        numbers.held(clock.now(), ingest.waitingBytes())
        await clock.breathe()
        sliceStartedMs = clock.now()
      }
      if (done) return
    }
  }

  /** Writes the raised watermark before anything is folded again: nobody may see windows closed that are still taking events. */
  const raise = async (toMs: number): Promise<void> => {
    windows.raise(toMs)
    await checkpoints.settled()
    await checkpoint(true)
  }

  /** Whether to wait any longer for this partition. */
  const standing = async (): Promise<void> => {
    const nowMs = clock.now()
    const { partitions } = caughtUp && raising.isSilent(nowMs) ? await progress.refresh() : progress.last()
    const others = partitions.filter((_, p) => p !== partition)
    const raised = raising.decide({ nowMs, watermarkMs: windows.watermarkMs(), caughtUp, others })
    if (raised.kind === 'none') return
    numbers.raised(raised.reason)
    if (raised.reason === 'max-hold')
      logger.warn(
        { watermarkMs: windows.watermarkMs(), toMs: raised.toMs },
        'the partition is behind the others though all of it is read (a slow clock?): it is waited for no longer, its events are late',
      )
    await raise(raised.toMs)
  }

  if (start.lostRecords > 0) {
    metrics.process.gap('monitor', topic, partition, start.lostRecords)
    windows.openGap()
  }
  // a partition that others did not wait for, or a new one, begins where windows have left already: what is earlier is late
  if (restored.meta === null && !start.rebuilt) {
    if (partition >= topology.shardCount) await untilAwaited(context, options)
    const { furthestFiredMs } = await progress.refresh()
    if (furthestFiredMs > NO_TIME_MS) await raise(furthestFiredMs)
  }

  return {
    offset: () => offset,
    fold: async records => {
      sliceStartedMs = clock.now()
      for (const block of records.blocks) {
        if (block.count === 0) continue
        raising.heard(clock.now())
        metrics.process.recordsRead('monitor', topic, partition, block.count)
        await foldBlock(block, records)
      }
      offset = records.nextOffset()
      const hidden = records.highWatermark > records.lastStableOffset
      caughtUp = offset >= records.lastStableOffset && !hidden
      numbers.read(offset, records, hidden && offset >= records.lastStableOffset)
      numbers.held(clock.now(), ingest.waitingBytes())
      checkpointIfDue()
      await standing().catch(throwUnlessUnavailable)
    },
    tick: async () => checkpointIfDue(),
    pausedBy: () =>
      pauseReason(
        {
          partition,
          watermarkMs: windows.watermarkMs(),
          caughtUp,
          isOverMemory: budgets.memory.isOver(),
          isOverState: budgets.state.isOver(),
          progress: progress.last(),
        },
        config.time,
      ),
    checkpointSoon: () => {
      urgent = true
    },
    restartOffset: () => restartOffset,
    finish: async () => {
      await checkpoints.settled()
      if (refused !== undefined) throw refused
      await checkpoint(true)
    },
    paused: numbers.paused,
    close: numbers.close,
  }
}

const throwUnlessUnavailable = (error: unknown): void => {
  if (!(error instanceof Error && error.name === 'StoreUnavailable')) throw error
}
