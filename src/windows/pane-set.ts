import { type CellPool, createCellPool } from './cell-pool.ts'
import { decodePart } from './codec.ts'
import { encodePane, endMs, isFreed, paneId, type SeriesPane } from './pane.ts'
import type { PaneEntry, PaneKey, PaneUsage } from './store/port.ts'

/** A pane that the store has: its events lie below `asOf` (the largest of its series); the number and bytes of its parts. */
export type StoredPane = Readonly<{ key: PaneKey; asOf: number; parts: number; bytes: number }>

/**
 * The panes of a partition: which are open in memory, which of them hold what the store lacks, and which the store has.
 * Panes are treated as database pages are (a fuzzy checkpoint): written one by one, each knowing how far it is complete.
 */
export type PaneSet = Readonly<{
  get(key: PaneKey, series: string): SeriesPane | undefined
  add(pane: SeriesPane): SeriesPane
  /** Its on-time or late cells, to fold into. */
  cells(pane: SeriesPane, late: boolean): Float64Array
  /** A clean pane takes its first event that the store lacks. */
  touched(pane: SeriesPane, offset: number): void
  /** Encodes the dirty panes that must be written, then the oldest of those that may, up to `maxBytes`; they count as stored. */
  flush(due: Due): readonly PaneEntry[]
  /** The first offset that is in memory only, or `otherwise`. */
  firstMissing(otherwise: number): number
  /** Stored panes that nothing due after `dueThroughMs` needs and no replay from `restartOffset` would touch. */
  deletable(dueThroughMs: number, restartOffset: number): readonly PaneKey[]
  /** Forgets deleted panes, and frees the memory of stored panes that end at or before `frozenEndMs`. */
  release(deleted: readonly PaneKey[], frozenEndMs: number): void
  usage(): PaneUsage
}>

/**
 * Which dirty panes a checkpoint writes. A hot pane is dirty again at once: it is written for the sake of the restart point alone,
 * as seldom as that allows, and half a replay early where there is room, so that not all fall due together.
 */
export type Due = Readonly<{
  everything: boolean
  /** On-time parts of panes that end by then are frozen, and must be stored before anyone is told. */
  onTimeFrozenEndMs: number
  lateFrozenEndMs: number
  /** What lacks an offset before this must be written, or may be. */
  mustBefore: number
  mayBefore: number
  maxBytes: number
}>

const mustBeWritten = (pane: SeriesPane, due: Due): boolean => {
  if (due.everything || pane.firstMissing < due.mustBefore) return true
  const end = endMs(pane.key)
  return end <= due.lateFrozenEndMs || (end <= due.onTimeFrozenEndMs && !pane.isOnTimeStored)
}

export const createPaneSet = (
  options: Readonly<{
    panes: readonly SeriesPane[]
    stored: readonly StoredPane[]
    /** By pane width: how long after its start a pane is needed by a window of its class. */
    maxSizeMsByWidth: ReadonlyMap<number, number>
  }>,
): PaneSet => {
  const open = new Map<string, Map<string, SeriesPane>>()
  const dirty = new Set<SeriesPane>()
  const stored = new Map<string, StoredPane>()
  const pool = createCellPool()
  for (const pane of options.stored) stored.set(paneId(pane.key), pane)

  const add = (pane: SeriesPane): SeriesPane => {
    const id = paneId(pane.key)
    const series = open.get(id) ?? new Map<string, SeriesPane>()
    open.set(id, series.set(pane.series, pane))
    return pane
  }
  for (const pane of options.panes) add(pane)

  const write = (pane: SeriesPane, { onTimeFrozenEndMs }: Due): PaneEntry => {
    pane.firstMissing = -1
    pane.isOnTimeStored = endMs(pane.key) <= onTimeFrozenEndMs
    dirty.delete(pane)
    const id = paneId(pane.key)
    const before = stored.get(id)
    const bytes = encodePane(pane)
    stored.set(id, {
      key: pane.key,
      asOf: Math.max(before?.asOf ?? 0, pane.asOf),
      parts: (before?.parts ?? 0) + (pane.storedBytes === 0 ? 1 : 0),
      bytes: (before?.bytes ?? 0) + bytes.length - pane.storedBytes,
    })
    pane.storedBytes = bytes.length
    return { key: pane.key, series: pane.series, bytes }
  }

  return {
    get: (key, series) => open.get(paneId(key))?.get(series),
    add,
    cells: (pane, late) => {
      if (pane.packed !== null) unpack(pane)
      const held = late ? pane.late : pane.onTime
      if (held !== null) return held
      const cells = pool.take(pane.plan.layout)
      if (late) pane.late = cells
      else pane.onTime = cells
      return cells
    },
    touched: (pane, offset) => {
      pane.firstMissing = offset
      dirty.add(pane)
    },
    flush: due => {
      const sets: PaneEntry[] = []
      const optional: SeriesPane[] = []
      for (const pane of dirty) {
        if (mustBeWritten(pane, due)) sets.push(write(pane, due))
        else if (pane.firstMissing < due.mayBefore) optional.push(pane)
      }
      optional.sort((a, b) => a.firstMissing - b.firstMissing)
      let bytes = 0
      for (const pane of optional) {
        if (bytes >= due.maxBytes) break
        const entry = write(pane, due)
        bytes += entry.bytes.length
        sets.push(entry)
      }
      for (const series of open.values()) for (const pane of series.values()) packIfQuiet(pane, pool)
      pool.trim()
      return sets
    },
    firstMissing: otherwise => {
      let first = otherwise
      for (const pane of dirty) if (pane.firstMissing < first) first = pane.firstMissing
      return first
    },
    deletable: (dueThroughMs, restartOffset) => {
      const keys: PaneKey[] = []
      for (const { key, asOf } of stored.values()) {
        const neededUntilMs = key.startMs + (options.maxSizeMsByWidth.get(key.widthMs) ?? 0)
        if (neededUntilMs <= dueThroughMs && asOf <= restartOffset) keys.push(key)
      }
      return keys
    },
    release: (deleted, frozenEndMs) => {
      for (const key of deleted) {
        stored.delete(paneId(key))
        open.delete(paneId(key))
      }
      for (const [id, series] of open) {
        for (const pane of series.values()) {
          if (endMs(pane.key) > frozenEndMs || pane.firstMissing >= 0) continue
          // nothing is folded into it any more; whoever still refers to it holds no cells
          free(pane, pool)
          series.delete(pane.series)
        }
        if (series.size === 0) open.delete(id)
      }
    },
    usage: () => {
      let openPanes = 0
      let openBytes = 0
      let storedPanes = 0
      let storedBytes = 0
      for (const series of open.values()) {
        openPanes += series.size
        for (const pane of series.values()) openBytes += bytesOf(pane)
      }
      for (const { parts, bytes } of stored.values()) {
        storedPanes += parts
        storedBytes += bytes
      }
      return { openPanes, openBytes, storedPanes, storedBytes }
    },
  }
}

/** Checkpoints in a row that saw no event of a pane before it is packed: soon enough for stragglers to be few. */
const QUIET_LOOKS = 3

const packIfQuiet = (pane: SeriesPane, pool: CellPool): void => {
  if (pane.asOf !== pane.seenAsOf) {
    pane.seenAsOf = pane.asOf
    pane.quietLooks = 0
  } else if (++pane.quietLooks === QUIET_LOOKS && !isFreed(pane)) {
    const packed = encodePane(pane)
    free(pane, pool)
    pane.packed = packed
  }
}

const unpack = (pane: SeriesPane): void => {
  const decoded = decodePart(pane.packed ?? new Uint8Array(0), pane.plan.layout)
  if (decoded.kind !== 'part') throw new Error(`a packed pane cannot be read: ${JSON.stringify(decoded)}`)
  pane.onTime = decoded.part.onTime
  pane.late = decoded.part.late
  pane.packed = null
}

const free = (pane: SeriesPane, pool: CellPool): void => {
  for (const cells of [pane.onTime, pane.late]) if (cells !== null) pool.give(pane.plan.layout, cells)
  pane.onTime = null
  pane.late = null
  pane.packed = null
}

const bytesOf = ({ onTime, late, packed }: SeriesPane): number =>
  8 * ((onTime?.length ?? 0) + (late?.length ?? 0)) + (packed?.length ?? 0)
