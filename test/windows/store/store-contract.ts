import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ClusterFacts, StateStore } from '../../../src/windows/store/port.ts'
import { dump, partitionContract } from './partition-contract.ts'
import { checkpoint, entry, firing, pane } from './samples.ts'
import { shardContract } from './shard-contract.ts'

const FACTS: ClusterFacts = {
  topic: 'predictions',
  shardCount: 4,
  codecVersion: 1,
  time: '10000 60000',
  models: { demand: 'ab12' },
  sinceMs: {},
}

/** What every state store must do. `open` gives an empty one. */
export const storeContract = (name: string, open: () => Promise<StateStore>): void => {
  describe(`state store: ${name}`, () => {
    let store: StateStore
    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store.close())

    partitionContract(() => store)
    shardContract(() => store)

    it('keeps the facts that came first', async () => {
      expect(await store.facts()).toBeNull()
      expect(await store.agree(FACTS)).toEqual(FACTS)
      expect(await store.agree({ ...FACTS, shardCount: 8, models: {} })).toEqual(FACTS)
      expect(await store.facts()).toEqual(FACTS)
      expect(await store.initialised()).toEqual(new Set())
    })

    it('shows who owns what, and what shards keep, to who only looks', async () => {
      expect(await store.inspection.partitionOwners(2)).toEqual([null, null])
      await store.partitions.claim(1, 'host-1:1:1')
      await store.partitions.claim(1, 'host-2:1:1')
      await store.shards.claim(0, 'host-1:0:2')
      const rules = new Map([
        ['a', '{}'],
        ['b', '{}'],
      ])
      await store.shards.fire(0, firing('host-1:0:2', 1, { rules, outbox: [{ id: 'x', alert: '{}' }] }))
      expect(await store.inspection.partitionOwners(2)).toEqual([null, { token: 'host-2:1:1', epoch: 2 }])
      expect(await store.inspection.shards(2)).toEqual([
        { owner: { token: 'host-1:0:2', epoch: 1 }, meta: { firedThroughMs: 10, registry: '{}' }, rules: 2, outbox: 1 },
        { owner: null, meta: null, rules: 0, outbox: 0 },
      ])
    })

    it('replaces the facts when told to', async () => {
      await store.agree(FACTS)
      const migrated = { ...FACTS, models: { demand: 'cd34' }, sinceMs: { demand: 1_700_000_000_000 } }
      await store.replaceFacts(migrated)
      expect(await store.agree(FACTS)).toEqual(migrated)
    })

    it('keeps every policy, and which one came last', async () => {
      expect(await store.policies.current()).toBeNull()
      await store.policies.publish('v1', '["one"]')
      await store.policies.publish('v2', '["two"]')
      expect(await store.policies.current()).toBe('v2')
      expect(await store.policies.find('v1')).toBe('["one"]')
      await store.policies.publish('v1', '["one"]')
      expect(await store.policies.current()).toBe('v1')
      expect(await store.policies.find('v3')).toBeNull()
    })

    it('has nothing to wait for without replicas', async () => {
      await store.shards.claim(0, 'A')
      await store.shards.fire(0, firing('A', 1))
      await expect(store.shards.replicated(0)).resolves.toBeUndefined()
    })

    it('is healthy', async () => {
      expect(await store.health()).toEqual({ kind: 'ok' })
    })

    it('leaves what others hold alone', async () => {
      await store.partitions.claim(1, 'A')
      await store.shards.claim(1, 'A')
      await store.partitions.checkpoint(1, checkpoint('A', 1, { sets: [entry(pane(0), 's', '1')] }))
      await store.partitions.claim(11, 'B')
      await store.partitions.checkpoint(11, checkpoint('B', 1, { deletes: [pane(0)] }))
      await store.shards.claim(11, 'B')
      await store.shards.fire(11, firing('B', 1, { rules: new Map([['r', '1']]) }))
      expect(await dump(store, 1)).toEqual(['0+10/0 s=1'])
      expect(await store.shards.rules(1)).toEqual(new Map())
    })
  })
}
