import { endMs, paneId, type SeriesPane } from './pane.ts'
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
  /** A clean pane takes its first event that the store lacks. */
  touched(pane: SeriesPane, offset: number): void
  /** Encodes the dirty panes that must be written, then the oldest others up to `maxBytes`; they count as stored. */
  flush(options: Readonly<{ must(pane: SeriesPane): boolean; maxBytes: number }>): readonly PaneEntry[]
  /** The first offset that is in memory only, or `otherwise`. */
  firstMissing(otherwise: number): number
  /** Stored panes that nothing due after `dueThroughMs` needs and no replay from `restartOffset` would touch. */
  deletable(dueThroughMs: number, restartOffset: number): readonly PaneKey[]
  /** Forgets deleted panes, and frees the memory of stored panes that end at or before `frozenEndMs`. */
  release(deleted: readonly PaneKey[], frozenEndMs: number): void
  usage(): PaneUsage
}>

export const createPaneSet = (
  options: Readonly<{
    panes: readonly SeriesPane[]
    stored: readonly StoredPane[]
    /** By pane width: how long after its start a pane is needed by a window of its class. */
    maxSizeMsByWidth: ReadonlyMap<number, number>
    encode(pane: SeriesPane): Uint8Array
  }>,
): PaneSet => {
  const open = new Map<string, Map<string, SeriesPane>>()
  const dirty = new Set<SeriesPane>()
  const stored = new Map<string, StoredPane>()
  for (const pane of options.stored) stored.set(paneId(pane.key), pane)

  const add = (pane: SeriesPane): SeriesPane => {
    const id = paneId(pane.key)
    const series = open.get(id) ?? new Map<string, SeriesPane>()
    open.set(id, series.set(pane.series, pane))
    return pane
  }
  for (const pane of options.panes) add(pane)

  const write = (pane: SeriesPane): PaneEntry => {
    pane.firstMissing = -1
    dirty.delete(pane)
    const id = paneId(pane.key)
    const before = stored.get(id)
    const bytes = options.encode(pane)
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
    touched: (pane, offset) => {
      pane.firstMissing = offset
      dirty.add(pane)
    },
    flush: ({ must, maxBytes }) => {
      const sets: PaneEntry[] = []
      const optional: SeriesPane[] = []
      for (const pane of dirty) {
        if (must(pane)) sets.push(write(pane))
        else optional.push(pane)
      }
      optional.sort((a, b) => a.firstMissing - b.firstMissing)
      let bytes = 0
      for (const pane of optional) {
        if (bytes >= maxBytes) break
        const entry = write(pane)
        bytes += entry.bytes.length
        sets.push(entry)
      }
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
          pane.onTime = null
          pane.late = null
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
        for (const pane of series.values()) openBytes += 8 * ((pane.onTime?.length ?? 0) + (pane.late?.length ?? 0))
      }
      for (const { parts, bytes } of stored.values()) {
        storedPanes += parts
        storedBytes += bytes
      }
      return { openPanes, openBytes, storedPanes, storedBytes }
    },
  }
}
