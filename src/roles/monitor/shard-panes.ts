import type { Logger } from 'pino'
import type { PartitionPart } from '../../windows/firing/frozen-panes.ts'
import { createPaneCache, type PaneCache } from '../../windows/firing/pane-cache.ts'
import { endMs, paneId } from '../../windows/pane.ts'
import type { PaneKey } from '../../windows/store/port.ts'
import { NO_TIME_MS } from '../../windows/time.ts'
import type { MonitorContext } from './context.ts'
import { splitEntry } from './restore.ts'
import { untilAvailable } from './retry.ts'

/** The frozen panes of one shard, read from what all partitions stored. */
export type ShardPanes = Readonly<{
  cache: PaneCache
  /** Keys of all panes that windows due after `firedThroughMs` need, by rising end. */
  keys(partitionCount: number, firedThroughMs: number, throughMs: number): Promise<readonly PaneKey[]>
  /**
   * Reads those of these panes that the cache lacks, from the first on, until some `maxBytes` were read; all their parts are
   * frozen, since every partition has closed beyond. Returns how many of the keys are in the cache now: all, or all up to an end.
   */
  load(partitionCount: number, keys: readonly PaneKey[], closedThroughMs: number, maxBytes: number): Promise<number>
}>

/** Panes asked for at once, at most: their bytes are only known when they are here. */
const PANES_AT_ONCE = 64

export const createShardPanes = (
  context: MonitorContext,
  options: Readonly<{ shard: number; logger: Logger; signal: AbortSignal }>,
): ShardPanes => {
  const { store, clock, config, plans } = context
  const { shard, logger, signal } = options
  const waiting = { clock, logger, signal, what: `panes of shard ${shard}` }
  const cache = createPaneCache(plans, config.time.allowedLatenessMs)

  /** Returns the bytes read. */
  const read = async (partitionCount: number, missing: readonly PaneKey[], closedThroughMs: number): Promise<number> => {
    if (missing.length === 0) return 0
    let bytes = 0
    const parts = new Map<string, PartitionPart[]>(missing.map(key => [paneId(key), []]))
    for (let partition = 0; partition < partitionCount; partition++) {
      const entries = await untilAvailable(() => store.partitions.readPanes(partition, missing), waiting)
      for (const entry of entries) {
        const part = splitEntry(entry, context)
        if (part) {
          const { asOf, onTimeAsOf, onTime, late } = part
          parts.get(paneId(entry.key))?.push({ partition, series: entry.series, asOf, onTimeAsOf, onTime, late })
        }
        bytes += entry.bytes.length
      }
    }
    for (const key of missing) cache.put(key, parts.get(paneId(key)) ?? [], closedThroughMs)
    return bytes
  }

  return {
    cache,
    keys: async (partitionCount, firedThroughMs, throughMs) => {
      const found = new Map<string, PaneKey>()
      const afterMs = Math.max(NO_TIME_MS, firedThroughMs - plans.reachMs)
      for (let partition = 0; partition < partitionCount; partition++) {
        const keys = await untilAvailable(() => store.partitions.shardPaneKeys(partition, shard, afterMs, throughMs), waiting)
        for (const key of keys) found.set(paneId(key), key)
      }
      return [...found.values()].sort((a, b) => endMs(a) - endMs(b) || a.widthMs - b.widthMs)
    },
    load: async (partitionCount, keys, closedThroughMs, maxBytes) => {
      let loaded = 0
      let readBytes = 0
      let atOnce = 1
      const isWithin = (): boolean => loaded < keys.length && endMs(keys[loaded]) === endMs(keys[loaded - 1])
      while (loaded < keys.length && (readBytes < maxBytes || isWithin())) {
        const some = keys.slice(loaded, loaded + atOnce)
        readBytes += await read(partitionCount, cache.missing(some, closedThroughMs), closedThroughMs)
        loaded += some.length
        const expectedBytes = readBytes / loaded
        atOnce = Math.max(1, Math.min(2 * atOnce, PANES_AT_ONCE, Math.floor((maxBytes - readBytes) / expectedBytes)))
      }
      return loaded
    },
  }
}
