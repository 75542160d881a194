import type { StateStore } from '../../../../src/windows/store/port.ts'
import { eventsOf, PANES, SERIES, sizeOf, WIDTH_MS } from './log.ts'
import { decode } from './partition-writer.ts'
import { alertId, RULES, seenBy } from './shard-writer.ts'

/** The store, or what left it, is wrong. */
export class Violation extends Error {}

/** What the world has seen. */
export type Published = Readonly<{
  alerts: Set<string>
  result(window: number, value: number): void
  /** Not fired, because panes it needs may be gone: only after the shard's state was lost. */
  incomplete(window: number): void
  isIncomplete(window: number): boolean
  firesMayBeLost(): void
  checkEnd(outbox: readonly unknown[], firedThroughMs: number | null): void
}>

export const createPublished = (): Published => {
  const results = new Set<number>()
  const incomplete = new Set<number>()
  const alerts = new Set<string>()
  let lost = false
  return {
    alerts,
    result: (window, value) => {
      if (value !== sizeOf(window)) throw new Violation(`window ${window} published ${value} instead of ${sizeOf(window)}`)
      results.add(window)
    },
    incomplete: window => {
      if (!lost) throw new Violation(`window ${window} is incomplete though no failover took the shard back`)
      incomplete.add(window)
    },
    isIncomplete: window => incomplete.has(window),
    firesMayBeLost: () => {
      lost = true
    },
    checkEnd: (outbox, firedThroughMs) => {
      if (firedThroughMs !== PANES * WIDTH_MS) throw new Violation(`fired through ${firedThroughMs} at the end`)
      if (outbox.length > 0) throw new Violation('the outbox is not empty at the end')
      for (let window = 0; window < PANES; window++) {
        if (!results.has(window) && !incomplete.has(window)) throw new Violation(`window ${window} was never published`)
      }
    },
  }
}

/** The sum of a window's panes, as stored. */
export const windowValue = async (store: StateStore, window: number): Promise<number> => {
  const keys = await store.partitions.shardPaneKeys(0, 0, window * WIDTH_MS, (window + 1) * WIDTH_MS)
  const entries = await store.partitions.readPanes(0, keys)
  return entries.reduce((sum, { bytes }) => sum + decode(bytes).count, 0)
}

/** Holds after every call, answered or not. */
export const checkState = async (truth: StateStore, published: Published): Promise<void> => {
  await Promise.all([checkPartition(truth), checkShard(truth, published)])
}

/** A part holds exactly the events below its `asOf`, and none lies between that and the restart point: a replay completes it. */
const checkPartition = async (truth: StateStore): Promise<void> => {
  const [[meta], keys] = await Promise.all([truth.partitions.progress(1), truth.partitions.paneKeys(0)])
  const restart = Number(meta?.restart.offset ?? 0n)
  const parts = await truth.partitions.readPanes(0, keys)
  const stored = new Map(parts.map(({ key, series, bytes }) => [`${key.startMs / WIDTH_MS} ${series}`, decode(bytes)]))
  for (let pane = Math.max(0, (meta?.deletedThroughMs ?? 0) / WIDTH_MS); pane < PANES; pane++) {
    for (const series of SERIES) {
      const { asOf, count } = stored.get(`${pane} ${series}`) ?? { asOf: 0, count: 0 }
      if (count !== eventsOf(pane, series, 0, asOf)) throw new Violation(`pane ${pane} ${series} holds ${count} as of ${asOf}`)
      if (eventsOf(pane, series, asOf, restart) > 0)
        throw new Violation(`pane ${pane} ${series} as of ${asOf}, restart ${restart}`)
    }
  }
}

/** No rule saw a window twice; what was fired was judged, and its alerts wait or are out. */
const checkShard = async (truth: StateStore, published: Published): Promise<void> => {
  const { shards } = truth
  const [[firedThroughMs], outbox, states] = await Promise.all([
    shards.firedThrough(1),
    shards.outbox(0, 10_000),
    shards.rules(0),
  ])
  const fired = (firedThroughMs ?? 0) / WIDTH_MS
  const waiting = new Set(outbox.map(alert => alert.id))
  for (const rule of RULES) {
    const seen = seenBy(states.get(rule))
    if (new Set(seen).size !== seen.length) throw new Violation(`${rule} saw ${seen.join()}`)
    const judged = new Set(seen)
    for (let window = 0; window < fired; window++) {
      if (!judged.has(window) && !published.isIncomplete(window)) throw new Violation(`${rule} did not see window ${window}`)
    }
    for (const window of seen) {
      const id = alertId(rule, window)
      if (!waiting.has(id) && !published.alerts.has(id)) throw new Violation(`alert ${id} is lost`)
    }
  }
}
