import { decodePart, encodePart, splitPart } from '../../src/windows/codec.ts'
import { endMs } from '../../src/windows/pane.ts'
import { createPlans } from '../../src/windows/plan.ts'
import { parseSeriesKey } from '../../src/windows/series.ts'
import type { Judge } from '../../src/windows/store/fence.ts'
import type { PaneEntry, PaneKey, StateStore } from '../../src/windows/store/port.ts'
import type { History } from './history.ts'
import type { RunOptions } from './run.ts'

const withoutToken: Judge = (stored, write) => {
  if (stored.commitId === write.commitId) return 'duplicate'
  return stored.commitId === write.previousCommitId ? 'ok' : 'mismatch'
}

const withoutCompareAndSet: Judge = (stored, write) => {
  if (stored.commitId === write.commitId) return 'duplicate'
  return stored.token === write.token ? 'ok' : 'fenced'
}

const withPartitions = (store: StateStore, own: Partial<StateStore['partitions']>): StateStore => ({
  ...store,
  partitions: { ...store.partitions, ...own },
})

/** Panes come back from the store as if they held no event yet. */
const withoutAsOf = (store: StateStore, { config }: History): StateStore => {
  const plans = createPlans(config)
  /** Partitions that are being restored: what a shard reads is left as it is. */
  const restoring = new Set<number>()
  const forget = (entry: PaneEntry): PaneEntry => {
    const plan = plans.planOf(parseSeriesKey(entry.series).model)
    if (plan === undefined) return entry
    const decoded = decodePart(entry.bytes, plan.layout)
    if (decoded.kind !== 'part') return entry
    return { ...entry, bytes: encodePart({ ...decoded.part, asOf: 0, onTimeAsOf: 0 }, plan.layout) }
  }
  const { partitions } = store
  return withPartitions(store, {
    claim: (p, token) => {
      restoring.add(p)
      return partitions.claim(p, token)
    },
    readPanes: async (p, keys) => {
      const entries = await partitions.readPanes(p, keys)
      return restoring.has(p) ? entries.map(forget) : entries
    },
    checkpoint: (p, command) => {
      restoring.delete(p)
      return partitions.checkpoint(p, command)
    },
  })
}

/** A pane is deleted with the first checkpoint that need not write it again, whether its windows were fired or not. */
const deletingEarly = (store: StateStore): StateStore => {
  const written = new Map<number, PaneKey[]>()
  const { partitions } = store
  return withPartitions(store, {
    checkpoint: (p, command) => {
      const known = written.get(p) ?? []
      const frozen = known.filter(key => endMs(key) <= command.meta.closedThroughMs)
      written.set(p, [...known.filter(key => !frozen.includes(key)), ...command.sets.map(({ key }) => key)])
      return partitions.checkpoint(p, { ...command, deletes: [...command.deletes, ...frozen] })
    },
  })
}

/** Windows are fired when one partition has closed them: the parts of the others are still open. */
const withUnfrozenParts = (store: StateStore): StateStore => {
  const { partitions } = store
  return withPartitions(store, {
    progress: async count => {
      const metas = await partitions.progress(count)
      const furthestMs = Math.max(...metas.map(meta => meta?.closedThroughMs ?? Number.NEGATIVE_INFINITY))
      return metas.map(meta => meta && { ...meta, closedThroughMs: furthestMs })
    },
  })
}

/** The restart point passes the newest pane that is written, though older ones are not. */
const restartingAhead = (store: StateStore, { config }: History): StateStore => {
  const plans = createPlans(config)
  const asOf = ({ series, bytes }: PaneEntry): number => {
    const plan = plans.planOf(parseSeriesKey(series).model)
    const split = plan && splitPart(bytes, plan.layout)
    return split?.kind === 'part' ? split.part.asOf : 0
  }
  const { partitions } = store
  return withPartitions(store, {
    checkpoint: (p, command) => {
      const { restart } = command.meta
      const offset = BigInt(Math.max(Number(restart.offset), ...command.sets.map(asOf)))
      return partitions.checkpoint(p, { ...command, meta: { ...command.meta, restart: { ...restart, offset } } })
    },
  })
}

/** What must not be left out of the protocol, each left out. */
export const ABLATIONS: Readonly<Record<string, RunOptions>> = {
  'no token': { judge: withoutToken },
  'no compare and set': { judge: withoutCompareAndSet },
  'a replay that does not ask panes for their asOf': { spoil: withoutAsOf },
  'panes deleted before they were fired': { spoil: deletingEarly },
  'a restart point that moves before the state': { spoil: restartingAhead },
  'windows fired from parts that may still change': { spoil: withUnfrozenParts },
}
