import type { MonitorContext } from './context.ts'

/**
 * Resolves when everything in the log was read, checkpointed, fired and published: for streams that end (replay, demo).
 * `untilMs`: what every partition must have closed, as the end markers say.
 */
export const drained = async (context: MonitorContext, untilMs: number, signal: AbortSignal): Promise<void> => {
  const { store, topology, clock } = context
  while (!signal.aborted) {
    const progress = await store.partitions.progress(topology.partitionCount())
    const closedMs = Math.min(...progress.map(meta => meta?.closedThroughMs ?? Number.NEGATIVE_INFINITY))
    const fired = await store.shards.firedThrough(topology.shardCount)
    const firedMs = Math.min(...fired.map(ms => ms ?? Number.NEGATIVE_INFINITY))
    if (closedMs >= untilMs && firedMs >= closedMs) {
      const outboxes = await Promise.all(fired.map((_, shard) => store.shards.outbox(shard, 1)))
      if (outboxes.every(page => page.length === 0)) return
    }
    await clock.sleep(10, signal)
  }
}
