import type { Logger } from 'pino'
import type { BatchFingerprint, Fetched } from '../../consumers/log.ts'
import type { RecordBlock } from '../../consumers/record-block.ts'
import { createDecoder } from '../../events/avro/decoder.ts'
import { createEventColumns } from '../../events/columns.ts'
import { createTextInterner } from '../../events/interner.ts'
import { encodePart } from '../../windows/codec.ts'
import { shardOf } from '../../windows/hash.ts'
import type { SeriesPane } from '../../windows/pane.ts'
import { createPartitionWindows, type PartitionOptions } from '../../windows/partition.ts'
import { NO_TIME_MS } from '../../windows/time.ts'
import { createCheckpoints } from './checkpoints.ts'
import type { MonitorContext } from './context.ts'
import { idleTarget } from './idle.ts'
import { createIngest } from './ingest.ts'
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
  checkpointSoon(): void
  restartOffset(): bigint | undefined
  /** The last checkpoint: everything is in the store afterwards. */
  finish(): Promise<void>
}>

/** Rows of a batch: enough that an aggregate's loop pays, few enough that the columns stay in the second-level cache. */
const BATCH_ROWS = 1024
/** A slice of folding that keeps the thread at most; then heartbeats, fetches and other partitions have a turn. */
const SLICE_MS = 10

export const openSession = (
  context: MonitorContext,
  options: Readonly<{
    partition: number
    token: string
    offset: number
    commitId: string
    restored: PartitionOptions['restored']
    logger: Logger
    signal: AbortSignal
    onCheckpoint(): void
  }>,
): PartitionSession => {
  const { clock, config, store, metrics, plans } = context
  const { partition, logger, signal, restored } = options
  const topic = config.kafka.topics.predictions

  const windows = createPartitionWindows({
    plans,
    time: config.time,
    checkpoint: config.checkpoint,
    limits: config.limits,
    shardOf: model => shardOf(model, context.partitionCount),
    encode: encodePane,
    startOffset: options.offset,
    restored,
  })
  const texts = createTextInterner()
  const decoder = createDecoder({ dictionary: plans.dictionary, limits: config.limits, texts })
  const schemas = createSchemaLookup(context, decoder, { logger, signal })
  const ingest = createIngest({
    at: { topic, partition },
    decoder,
    columns: createEventColumns(BATCH_ROWS, plans.dictionary, texts),
    windows,
    maxFutureMs: config.time.maxFutureMs,
    onDeadLetter: reason => metrics.process.deadLetters(reason, 1),
  })
  const checkpoints = createCheckpoints(context, { ...options })

  let offset = options.offset
  let fingerprint: BatchFingerprint = restored.meta?.restart.fingerprint
  let restartOffset = restored.meta?.restart.offset
  let firedThroughMs = NO_TIME_MS
  let checkpointedMs = clock.now()
  let urgent = false
  let refused: unknown
  let silentSinceMs = clock.now()
  let idle = restored.meta?.idle ?? false
  let idleFrom = { watermarkMs: NO_TIME_MS, sinceMs: 0 }
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
      firedThroughMs,
      idle,
      everything,
    })
    return checkpoints.send(plan, ingest.takeDeadLetters(), () => {
      windows.committed(plan)
      restartOffset = plan.meta.restart.offset
      metrics.process.ledger(topic, partition, plan.meta.restart.ledger)
      options.onCheckpoint()
    })
  }

  const refreshFired = async (): Promise<void> => {
    const fired = await store.shards.firedThrough(context.partitionCount)
    firedThroughMs = Math.min(...fired.map(ms => ms ?? NO_TIME_MS))
  }

  const checkpointIfDue = (): void => {
    if (refused !== undefined) throw refused
    if (checkpoints.busy() || !(urgent || clock.now() - checkpointedMs >= config.checkpoint.intervalMs)) return
    checkpoint(false)
      .then(refreshFired)
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
        await clock.breathe()
        sliceStartedMs = clock.now()
      }
      if (done) return
    }
  }

  /** Caught up and silent for the idle timeout: raises the watermark, and tells so before anything is folded again. */
  const idleTick = async (records: Records): Promise<void> => {
    if (offset < records.lastStableOffset || records.highWatermark > records.lastStableOffset) {
      silentSinceMs = clock.now()
      return
    }
    const nowMs = clock.now()
    if (nowMs - silentSinceMs < config.time.idleTimeoutMs) return
    const wasIdle = idle
    if (!wasIdle) idleFrom = { watermarkMs: windows.watermarkMs(), sinceMs: nowMs }
    const progress = await store.partitions.progress(context.partitionCount)
    const target = idleTarget(
      progress.filter((_, p) => p !== partition),
      { watermarkMs: idleFrom.watermarkMs, idleForMs: nowMs - idleFrom.sinceMs },
    )
    if (wasIdle && target <= windows.watermarkMs()) return
    idle = true
    windows.raise(target)
    await checkpoints.settled()
    await checkpoint(true)
  }

  return {
    offset: () => offset,
    fold: async records => {
      sliceStartedMs = clock.now()
      let any = false
      for (const block of records.blocks) {
        any = true
        if (block.count === 0) continue
        idle = false
        silentSinceMs = clock.now()
        metrics.process.recordsRead('monitor', topic, partition, block.count)
        await foldBlock(block, records)
      }
      offset = records.nextOffset()
      metrics.process.partition('monitor', topic, partition, {
        position: offset,
        highWatermark: records.highWatermark,
        watermarkMs: windows.watermarkMs() === NO_TIME_MS ? null : windows.watermarkMs(),
      })
      checkpointIfDue()
      if (!any) await idleTick(records).catch(throwUnlessUnavailable)
    },
    tick: async () => checkpointIfDue(),
    checkpointSoon: () => {
      urgent = true
    },
    restartOffset: () => restartOffset,
    finish: async () => {
      await checkpoints.settled()
      if (refused !== undefined) throw refused
      await checkpoint(true)
    },
  }
}

const throwUnlessUnavailable = (error: unknown): void => {
  if (!(error instanceof Error && error.name === 'StoreUnavailable')) throw error
}

export const encodePane = (pane: SeriesPane): Uint8Array =>
  encodePart(
    {
      asOf: pane.asOf,
      onTime: pane.onTime,
      late: pane.late,
    },
    pane.plan.layout,
  )
