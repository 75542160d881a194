import type { Judge } from '../../src/windows/store/fence.ts'
import { createMemoryStore, type MemoryStore, type StoreSnapshot } from '../../src/windows/store/memory.ts'
import type { StateStore } from '../../src/windows/store/port.ts'
import type { Fault } from './faults.ts'

/** The store that all processes share, and what an onlooker at the store itself sees. */
export type WatchedStore = Readonly<{
  store: StateStore
  truth: MemoryStore
  strike(fault: Fault): void
  violations(): readonly string[]
}>

/** Writes between two snapshots, and how many are kept: what a failover may go back to. */
const SNAPSHOT_WRITES = 5
const SNAPSHOTS = 5

export const createWatchedStore = (options: Readonly<{ judge?: Judge; keepsSnapshots: boolean }>): WatchedStore => {
  const truth = createMemoryStore(options)
  const violations: string[] = []
  let snapshots: StoreSnapshot[] = [truth.snapshot()]
  const empty = snapshots[0]
  let writes = 0
  const closed = new Map<number, number>()
  const fired = new Map<number, number>()

  const written = (): void => {
    if (!options.keepsSnapshots || ++writes % SNAPSHOT_WRITES !== 0) return
    snapshots = [...snapshots.slice(1 - SNAPSHOTS), truth.snapshot()]
  }

  const rises = (times: Map<number, number>, what: string, unit: number, ms: number): void => {
    const before = times.get(unit)
    if (before !== undefined && ms < before) violations.push(`${what} ${unit} went back from ${before} to ${ms}`)
    times.set(unit, ms)
  }

  const restore = (snapshot: StoreSnapshot, lost: (unit: string) => boolean): void => {
    truth.restore(snapshot, lost)
    closed.clear()
    fired.clear()
  }

  return {
    truth,
    violations: () => violations,
    strike: fault => {
      if (fault.kind === 'wipe') restore(empty, () => true)
      if (fault.kind !== 'failover') return
      const at = Math.max(0, snapshots.length - fault.snapshotsBack)
      const { units } = fault
      restore(snapshots[at], unit => units === 'all' || units.includes(unit))
      snapshots = snapshots.slice(0, at + 1)
    },
    store: {
      ...truth,
      partitions: {
        ...truth.partitions,
        checkpoint: async (p, command) => {
          const reply = await truth.partitions.checkpoint(p, command)
          if (reply.kind === 'ok') {
            rises(closed, 'closedThrough of partition', p, command.meta.closedThroughMs)
            written()
          }
          return reply
        },
      },
      shards: {
        ...truth.shards,
        fire: async (s, command) => {
          const reply = await truth.shards.fire(s, command)
          if (reply.kind === 'ok') {
            rises(fired, 'firedThrough of shard', s, command.meta.firedThroughMs)
            written()
          }
          return reply
        },
      },
    },
  }
}
