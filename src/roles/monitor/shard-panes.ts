import type { Logger } from 'pino'
import type { PartitionPart } from '../../windows/firing/frozen-panes.ts'
import { createPaneCache, type PaneCache } from '../../windows/firing/pane-cache.ts'
import { paneId } from '../../windows/pane.ts'
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
  /** Reads those of these panes that the cache lacks; all their parts are frozen, since every partition has closed beyond. */
  load(partitionCount: number, keys: readonly PaneKey[], closedThroughMs: number): Promise<void>
}>

export const createShardPanes = (
  context: MonitorContext,
  options: Readonly<{ shard: number; logger: Logger; signal: AbortSignal }>,
): ShardPanes => {
  const { store, clock, config, plans } = context
  const { shard, logger, signal } = options
  const waiting = { clock, logger, signal, what: `panes of shard ${shard}` }
  const cache = createPaneCache(plans, config.time.allowedLatenessMs)

  return {
    cache,
    keys: async (partitionCount, firedThroughMs, throughMs) => {
      const found = new Map<string, PaneKey>()
      const afterMs = Math.max(NO_TIME_MS, firedThroughMs - plans.reachMs)
      for (let partition = 0; partition < partitionCount; partition++) {
        const keys = await untilAvailable(() => store.partitions.shardPaneKeys(partition, shard, afterMs, throughMs), waiting)
        for (const key of keys) found.set(paneId(key), key)
      }
      return [...found.values()].sort((a, b) => a.startMs + a.widthMs - (b.startMs + b.widthMs) || a.widthMs - b.widthMs)
    },
    load: async (partitionCount, keys, closedThroughMs) => {
      const missing = cache.missing(keys, closedThroughMs)
      if (missing.length === 0) return
      const parts = new Map<string, PartitionPart[]>(missing.map(key => [paneId(key), []]))
      for (let partition = 0; partition < partitionCount; partition++) {
        const entries = await untilAvailable(() => store.partitions.readPanes(partition, missing), waiting)
        for (const entry of entries) {
          const part = splitEntry(entry, context)
          if (part) parts.get(paneId(entry.key))?.push({ partition, series: entry.series, ...part })
        }
      }
      for (const key of missing) cache.put(key, parts.get(paneId(key)) ?? [], closedThroughMs)
    },
  }
}
