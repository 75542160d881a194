import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StateStore } from '../../../src/windows/store/port.ts'
import { dump, partitionContract } from './partition-contract.ts'
import { checkpoint, entry, firing, pane } from './samples.ts'
import { shardContract } from './shard-contract.ts'

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
      const facts = { topic: 'predictions', partitionCount: 4, codecVersion: 1, layouts: { demand: 'ab12' } }
      expect(await store.agree(facts)).toEqual(facts)
      expect(await store.agree({ ...facts, partitionCount: 8, layouts: {} })).toEqual(facts)
      expect(await store.initialised()).toEqual(new Set())
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
