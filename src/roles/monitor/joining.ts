import type { Logger } from 'pino'
import { parseRegistry } from '../../windows/firing/registry.ts'
import type { MonitorContext } from './context.ts'
import { Stopped, untilAvailable } from './retry.ts'

/** How often the shards are looked at. A process hears of a new partition within some seconds. */
const LOOK_MS = 100

/**
 * Resolves once every shard waits for a partition that was added to the topic. A firing that is under way may not know of it,
 * nor does a process that has not looked at the topic again: what would be folded before then is counted, and in no window.
 */
export const untilAwaited = async (
  { store, clock, topology }: MonitorContext,
  { partition, logger, signal }: Readonly<{ partition: number; logger: Logger; signal: AbortSignal }>,
): Promise<void> => {
  const waiting = { clock, logger, signal, what: `shards, for partition ${partition}` }
  for (let said = false; !signal.aborted; said = true) {
    const shards = await untilAvailable(() => store.inspection.shards(topology.shardCount), waiting)
    const unaware = shards.flatMap(({ meta }, shard) =>
      parseRegistry(meta?.registry ?? null).partitions > partition ? [] : [shard],
    )
    if (unaware.length === 0) return
    if (!said) logger.info({ shards: unaware }, 'the partition is new: it is read once all shards wait for it')
    await clock.sleep(LOOK_MS, signal)
  }
  throw new Stopped(waiting.what)
}
