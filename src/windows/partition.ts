import type { CheckpointConfig, LimitsConfig, TimeConfig } from '../config/config.ts'
import type { EventColumns } from '../events/columns.ts'
import { createGrouping } from './fold.ts'
import { createGaps } from './gaps.ts'
import { NO_EVENTS } from './ledger.ts'
import { createSeriesPane, isFreed, type SeriesPane } from './pane.ts'
import { createPaneSet, type StoredPane } from './pane-set.ts'
import type { Plans } from './plan.ts'
import { createSeriesIndex, type KnownSeries } from './series-index.ts'
import type { BatchFingerprint } from './store/batch-fingerprint.ts'
import type { Ledger, PaneEntry, PaneKey, PaneUsage, PartitionMeta, RestartPoint } from './store/port.ts'
import { closingWatermarkMs, floorTo, NO_TIME_MS } from './time.ts'
import { createVocabulary } from './vocabulary.ts'

/** What a checkpoint is to write; the caller sends it and tells `committed` when the store has it. */
export type CheckpointPlan = Readonly<{
  meta: PartitionMeta
  sets: readonly PaneEntry[]
  deletes: readonly PaneKey[]
  /** Panes that end at or before this were frozen when the plan was made. */
  frozenEndMs: number
  /** What every shard had fired then. */
  firedThroughMs: number
}>

/**
 * The windows of one input partition: folds its events into panes in offset order, keeps its watermark and ledger, and
 * plans its checkpoints. Single-threaded and free of I/O: what it holds is a function of the log, the restored state and
 * the recorded idle decisions.
 */
export type PartitionWindows = Readonly<{
  /** Folds all rows of the columns. Their offsets follow those of the call before. */
  fold(columns: EventColumns): void
  /** A record that is no event of a watched model. */
  count(kind: 'deadLettered' | 'skipped'): void
  /** A watermark marker: all windows that contain events up to `timeMs` are to close. */
  mark(timeMs: number): void
  /** The owner's decision to wait no longer. Takes effect in the next checkpoint, which flushes everything; false: nothing to raise. */
  raise(watermarkMs: number): boolean
  /** The records that follow are not those that came next in the log: what lay between is lost. */
  openGap(): void
  /**
   * Plans a checkpoint at a batch boundary, which becomes an epoch: a possible restart point. `firedThroughMs` is what every
   * shard has fired; `everything` leaves nothing unwritten (shutdown).
   */
  planCheckpoint(
    options: Readonly<{
      nextOffset: number
      fingerprint: BatchFingerprint
      nowMs: number
      firedThroughMs: number
      idle: boolean
      caughtUp: boolean
      everything: boolean
    }>,
  ): CheckpointPlan
  /** Frees what a stored checkpoint made free. */
  committed(plan: CheckpointPlan): void
  watermarkMs(): number
  maxTimeMs(): number
  ledger(): Ledger
  usage(): PaneUsage
  /** Too late events by all-traffic series since this process owns the partition. */
  tooLateBySeries: ReadonlyMap<string, number>
}>

export type PartitionOptions = Readonly<{
  plans: Plans
  time: TimeConfig
  checkpoint: CheckpointConfig
  limits: LimitsConfig
  shardOf(model: string): number
  /** Where reading begins when nothing is stored. */
  startOffset: number
  /** What the store held at the claim: panes that still take events from the restart point on, and the keys of all. */
  restored: Readonly<{ meta: PartitionMeta | null; panes: readonly SeriesPane[]; stored: readonly StoredPane[] }>
}>

type Placement = 'on-time' | 'late' | 'too-late'

type Epoch = Readonly<{
  offset: number
  watermarkMs: number
  maxTimeMs: number
  fingerprint: BatchFingerprint
  ledger: Ledger
  vocabularySize: number
  endedMs: number | undefined
  notedMs: number
}>

/** What the index keeps for a series: its open panes by start, class by class, the last used one at hand. */
type OpenPanes = {
  shard: number
  byClass: { widthMs: number; lastStartMs: number; last: SeriesPane | undefined; panes: Map<number, SeriesPane> }[]
}

export const createPartitionWindows = (options: PartitionOptions): PartitionWindows => {
  const { plans, time, restored } = options
  const start = restored.meta?.restart
  const vocabulary = createVocabulary(start?.vocabulary ?? [])
  const ledger = { ...(start?.ledger ?? NO_EVENTS) }
  let watermarkMs = start?.watermarkMs ?? NO_TIME_MS
  let maxTimeMs = start?.maxTimeMs ?? NO_TIME_MS
  let closedThroughMs = restored.meta?.closedThroughMs ?? NO_TIME_MS
  let deletedThroughMs = restored.meta?.deletedThroughMs ?? NO_TIME_MS
  /**
   * What every shard had fired before the last stored checkpoint was planned. A store that loses its last writes loses those that
   * came after: while that checkpoint is there, so are the firings, and only then may what they were made of go.
   */
  let firedBeforeMs = NO_TIME_MS
  let raised = false
  let endedMs = start?.endedMs
  const gaps = createGaps(restored.meta?.gaps ?? [])
  const widestMs = Math.max(0, ...plans.classes.map(c => c.widthMs))

  const set = createPaneSet({ ...restored, maxSizeMsByWidth: maxSizeMsByWidth(plans) })
  const index = createSeriesIndex<OpenPanes>(plans, options.limits, vocabulary, (series, plan) => ({
    shard: options.shardOf(series.model),
    byClass: plan.classes.map(c => ({ widthMs: c.widthMs, lastStartMs: Number.NaN, last: undefined, panes: new Map() })),
  }))
  const grouping = createGrouping(set.cells)
  const found: KnownSeries<OpenPanes>[] = []
  const tooLateBySeries = new Map<string, number>()

  const epochOf = (offset: number, fingerprint: BatchFingerprint, notedMs: number): Epoch => ({
    offset,
    watermarkMs,
    maxTimeMs,
    fingerprint,
    ledger: { ...ledger },
    vocabularySize: vocabulary.entries.length,
    endedMs,
    notedMs,
  })
  let epochs: Epoch[] = [
    epochOf(start ? Number(start.offset) : options.startOffset, start?.fingerprint, Number.NEGATIVE_INFINITY),
  ]

  const openPane = (known: KnownSeries<OpenPanes>, classAt: number, startMs: number): SeriesPane => {
    const open = known.own.byClass[classAt]
    let pane = open.panes.get(startMs)
    if (pane === undefined) {
      for (const [freedMs, freed] of open.panes) if (isFreed(freed)) open.panes.delete(freedMs)
      const key = { startMs, widthMs: open.widthMs, shard: known.own.shard }
      pane = set.get(key, known.key) ?? set.add(createSeriesPane(key, known.key, known.plan))
      open.panes.set(startMs, pane)
    }
    open.lastStartMs = startMs
    open.last = pane
    return pane
  }

  /** Puts the row into the parts of its series, class by class. Returns whether any class took it, and whether as late. */
  const place = (known: KnownSeries<OpenPanes>, row: number, offset: number, eventMs: number): Placement => {
    let placement: Placement = 'too-late'
    const { byClass } = known.own
    for (let c = 0; c < byClass.length; c++) {
      const open = byClass[c]
      const startMs = floorTo(eventMs, open.widthMs)
      const paneEndMs = startMs + open.widthMs
      const late = paneEndMs <= watermarkMs
      if (late && paneEndMs + time.allowedLatenessMs <= watermarkMs) continue
      if (!late) placement = 'on-time'
      else if (placement === 'too-late') placement = 'late'
      const pane = open.lastStartMs === startMs && open.last !== undefined ? open.last : openPane(known, c, startMs)
      if (offset < pane.asOf) continue
      pane.asOf = offset + 1
      if (!late) pane.onTimeAsOf = offset + 1
      if (pane.firstMissing < 0) set.touched(pane, offset)
      grouping.add(pane, late, row)
    }
    return placement
  }

  const fold = (columns: EventColumns): void => {
    if (columns.count > 0) endedMs = undefined
    for (let row = 0; row < columns.count; row++) {
      ledger.read++
      const seriesCount = index.find(columns, row, found)
      if (seriesCount === 0) {
        ledger.skipped++
        continue
      }
      const offset = columns.offsets[row]
      const eventMs = columns.timesMs[row]
      const placement = place(found[0], row, offset, eventMs)
      for (let s = 1; s < seriesCount; s++) place(found[s], row, offset, eventMs)
      if (placement === 'too-late') {
        ledger.tooLate++
        tooLateBySeries.set(found[0].key, (tooLateBySeries.get(found[0].key) ?? 0) + 1)
      } else {
        ledger.inWindows++
        if (placement === 'late') ledger.late++
      }
      if (eventMs > maxTimeMs) {
        maxTimeMs = eventMs
        // what is missing came before this one, which is not late: by more than the bound it cannot be later
        gaps.close(eventMs + time.outOfOrdernessMs)
        if (eventMs - time.outOfOrdernessMs > watermarkMs) watermarkMs = eventMs - time.outOfOrdernessMs
      }
    }
    grouping.fold(columns)
  }

  const restartPoint = (epoch: Epoch): RestartPoint => ({
    offset: BigInt(epoch.offset),
    watermarkMs: epoch.watermarkMs,
    maxTimeMs: epoch.maxTimeMs,
    fingerprint: epoch.fingerprint,
    ledger: epoch.ledger,
    vocabulary: vocabulary.entries.slice(0, epoch.vocabularySize),
    ...(epoch.endedMs === undefined ? {} : { endedMs: epoch.endedMs }),
  })

  return {
    fold,
    count: kind => {
      ledger.read++
      ledger[kind]++
    },
    mark: timeMs => {
      endedMs = timeMs
      watermarkMs = Math.max(watermarkMs, closingWatermarkMs(plans.classes, timeMs, time.allowedLatenessMs))
    },
    raise: toMs => {
      if (toMs <= watermarkMs) return false
      watermarkMs = toMs
      raised = true
      gaps.close(toMs)
      return true
    },
    // an on-time event belongs to a pane that ends after the watermark, a late one to one that ended a lateness before
    openGap: () => gaps.open(watermarkMs === NO_TIME_MS ? NO_TIME_MS : watermarkMs - time.allowedLatenessMs - widestMs),
    planCheckpoint: ({ nextOffset, fingerprint, nowMs, firedThroughMs, idle, caughtUp, everything }) => {
      const newest = epochOf(nextOffset, fingerprint, nowMs)
      if (epochs[epochs.length - 1].offset === nextOffset) epochs.pop()
      epochs.push(newest)
      // an idle decision is not in the log: no replay may begin before it, so everything is written
      const all = everything || raised
      raised = false
      const { maxReplayMs, maxBytes } = options.checkpoint
      const offsetAgo = (agoMs: number): number => epochs.findLast(e => e.notedMs <= nowMs - agoMs)?.offset ?? 0
      const sets = set.flush({
        everything: all,
        onTimeFrozenEndMs: watermarkMs,
        lateFrozenEndMs: watermarkMs - time.allowedLatenessMs,
        mustBefore: offsetAgo(maxReplayMs),
        mayBefore: offsetAgo(maxReplayMs / 2),
        maxBytes,
      })
      const low = set.firstMissing(newest.offset)
      const restartAt = epochs.findLastIndex(e => e.offset <= low)
      epochs = epochs.slice(Math.max(0, restartAt))
      closedThroughMs = Math.max(closedThroughMs, watermarkMs)
      const deletes = set.deletable(firedBeforeMs - time.allowedLatenessMs, epochs[0].offset)
      if (deletes.length > 0) deletedThroughMs = Math.max(deletedThroughMs, firedBeforeMs)
      gaps.forget(firedBeforeMs - plans.reachMs)
      const meta = {
        restart: restartPoint(epochs[0]),
        closedThroughMs,
        deletedThroughMs,
        idle,
        caughtUp,
        gaps: gaps.all(),
        usage: set.usage(),
      }
      return { meta, sets, deletes, frozenEndMs: watermarkMs - time.allowedLatenessMs, firedThroughMs }
    },
    committed: plan => {
      set.release(plan.deletes, plan.frozenEndMs)
      firedBeforeMs = Math.max(firedBeforeMs, plan.firedThroughMs)
    },
    watermarkMs: () => watermarkMs,
    maxTimeMs: () => maxTimeMs,
    ledger: () => ({ ...ledger }),
    usage: set.usage,
    tooLateBySeries,
  }
}

const maxSizeMsByWidth = (plans: Plans): ReadonlyMap<number, number> => {
  const sizes = new Map<number, number>()
  for (const { widthMs, maxSizeMs } of plans.classes) sizes.set(widthMs, Math.max(sizes.get(widthMs) ?? 0, maxSizeMs))
  return sizes
}
