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

export const createWatchedStore = (
  options: Readonly<{ judge?: Judge; keepsSnapshots: boolean; partitions: number }>,
): WatchedStore => {
  const truth = createMemoryStore(options)
  const violations: string[] = []
  let snapshots: StoreSnapshot[] = []
  let count = 0
  /** Partitions with a first checkpoint: without one, a store that went back is a wiped one, and refused. */
  const written = new Set<number>()
  const closed = new Map<number, number>()
  const fired = new Map<number, number>()
  /** Who claimed a partition or shard last. */
  const owners = new Map<string, string>()

  const claimed = (unit: string, token: string): void => void owners.set(unit, token)
  const writtenBy = (unit: string, token: string): void => {
    const owner = owners.get(unit)
    if (owner !== undefined && owner !== token) violations.push(`${unit} was written by ${token}, and is owned by ${owner}`)
  }

  const wrote = (): void => {
    if (!options.keepsSnapshots || ++count % SNAPSHOT_WRITES !== 0 || written.size < options.partitions) return
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
    owners.clear()
  }

  return {
    truth,
    violations: () => violations,
    strike: fault => {
      if (fault.kind !== 'failover' || snapshots.length === 0) return
      const at = Math.max(0, snapshots.length - fault.snapshotsBack)
      const { units } = fault
      restore(snapshots[at], unit => units === 'all' || units.includes(unit))
      snapshots = snapshots.slice(0, at + 1)
    },
    store: {
      ...truth,
      partitions: {
        ...truth.partitions,
        claim: (p, token) => {
          claimed(`partition ${p}`, token)
          return truth.partitions.claim(p, token)
        },
        checkpoint: async (p, command) => {
          const reply = await truth.partitions.checkpoint(p, command)
          if (reply.kind === 'ok') {
            written.add(p)
            writtenBy(`partition ${p}`, command.token)
            rises(closed, 'closedThrough of partition', p, command.meta.closedThroughMs)
            wrote()
          }
          return reply
        },
      },
      shards: {
        ...truth.shards,
        claim: (s, token) => {
          claimed(`shard ${s}`, token)
          return truth.shards.claim(s, token)
        },
        fire: async (s, command) => {
          const reply = await truth.shards.fire(s, command)
          if (reply.kind === 'ok') {
            writtenBy(`shard ${s}`, command.token)
            rises(fired, 'firedThrough of shard', s, command.meta.firedThroughMs)
            wrote()
          }
          return reply
        },
      },
    },
  }
}
