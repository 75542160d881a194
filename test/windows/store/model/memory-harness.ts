import type { Judge } from '../../../../src/windows/store/fence.ts'
import { createMemoryStore } from '../../../../src/windows/store/memory.ts'
import type { StateStore } from '../../../../src/windows/store/port.ts'
import type { Network } from './faults.ts'
import type { Harness } from './referee.ts'

/** The twin, each command one call. */
export const memoryHarness =
  (judge?: Judge) =>
  async (carry: Network['carry']): Promise<Harness> => {
    const truth = createMemoryStore({ judge })
    const { partitions, shards } = truth
    const write = { previousCommitId: '', commitId: '', isLast: true }
    const store: StateStore = {
      ...truth,
      partitions: {
        ...partitions,
        claim: (p, token) => carry({ name: 'claim', unit: 'in', token, ...write }, () => partitions.claim(p, token)),
        checkpoint: (p, command) =>
          carry({ name: 'checkpoint', unit: 'in', isLast: true, ...command }, () => partitions.checkpoint(p, command)),
      },
      shards: {
        ...shards,
        claim: (s, token) => carry({ name: 'claim', unit: 'fire', token, ...write }, () => shards.claim(s, token)),
        fire: (s, command) => carry({ name: 'fire', unit: 'fire', isLast: true, ...command }, () => shards.fire(s, command)),
        trimOutbox: (s, token, ids) =>
          carry({ name: 'trim', unit: 'fire', token, ...write }, () => shards.trimOutbox(s, token, ids)),
      },
    }
    return {
      truth,
      store,
      snapshot: async () => {
        const snapshot = truth.snapshot()
        return async units => truth.restore(snapshot, lost => units.some(unit => lost.startsWith(`${unit}:`)))
      },
      flushScripts: async () => {},
      close: () => truth.close(),
    }
  }
