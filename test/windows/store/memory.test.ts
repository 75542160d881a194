import { describe, expect, it } from 'vitest'
import { withFaults } from '../../../src/windows/store/faults.ts'
import { createMemoryStore } from '../../../src/windows/store/memory.ts'
import { StoreUnavailable } from '../../../src/windows/store/unavailable.ts'
import { checkpoint, entry, firing, metaAt, pane, progressAt, text } from './samples.ts'
import { storeContract } from './store-contract.ts'

storeContract('memory', async () => createMemoryStore())

describe('the store in memory', () => {
  it('goes back to a snapshot as a failover does, as often as wanted', async () => {
    const store = createMemoryStore()
    await store.partitions.claim(0, 'A')
    await store.partitions.checkpoint(0, checkpoint('A', 1, { sets: [entry(pane(0), 's', '1')] }))
    const snapshot = store.snapshot()
    for (let round = 0; round < 2; round++) {
      const sets = [entry(pane(0), 's', '2'), entry(pane(10), 's', '2')]
      expect(await store.partitions.checkpoint(0, checkpoint('A', 2, { sets }))).toEqual({ kind: 'ok' })
      store.restore(snapshot)
      expect(await store.partitions.checkpoint(0, checkpoint('A', 3))).toEqual({ kind: 'mismatch' })
      expect((await store.partitions.readPanes(0, [pane(0), pane(10)])).map(e => text(e.bytes))).toEqual(['1'])
      expect(await store.partitions.progress(1)).toEqual([progressAt(1)])
    }
  })

  it('loses only the units asked for', async () => {
    const store = createMemoryStore()
    const empty = createMemoryStore().snapshot()
    for (const unit of [0, 1]) {
      await store.partitions.claim(unit, 'A')
      await store.partitions.checkpoint(unit, checkpoint('A', 1))
      await store.shards.claim(unit, 'A')
      await store.shards.fire(unit, firing('A', 1))
    }
    store.restore(empty, unit => unit === 'in:1' || unit === 'fire:0')
    expect(await store.partitions.progress(2)).toEqual([progressAt(1), null])
    expect(await store.shards.firedThrough(2)).toEqual([null, 10])
    expect(await store.initialised()).toEqual(new Set([0, 1]))
    store.restore(empty, unit => unit === 'cfg')
    expect(await store.initialised()).toEqual(new Set())
  })

  it('leaves what a caller keeps changing as it was', async () => {
    const store = createMemoryStore()
    const vocabulary = ['a']
    const meta = metaAt(1, { restart: { ...metaAt(1).restart, vocabulary } })
    await store.partitions.claim(0, 'A')
    await store.partitions.checkpoint(0, checkpoint('A', 1, { meta }))
    vocabulary.push('b')
    expect((await store.partitions.claim(0, 'B')).meta?.restart.vocabulary).toEqual(['a'])
  })
})

describe('a process with a faulty network', () => {
  it('hears nothing of calls that did not arrive, and of replies that were lost', async () => {
    const store = createMemoryStore()
    const deliveries = ['once', 'never', 'reply-lost', 'once'] as const
    let calls = 0
    const mine = withFaults(store, { deliver: () => deliveries[calls++] })
    await mine.partitions.claim(0, 'A')
    const command = checkpoint('A', 1)
    await expect(mine.partitions.checkpoint(0, command)).rejects.toThrow(StoreUnavailable)
    expect(await store.partitions.progress(1)).toEqual([null])
    await expect(mine.partitions.checkpoint(0, command)).rejects.toThrow('reply')
    expect(await store.partitions.progress(1)).toEqual([progressAt(1)])
    expect(await mine.partitions.checkpoint(0, command)).toEqual({ kind: 'duplicate' })
  })

  it('can be held up before a call and before its reply', async () => {
    const store = createMemoryStore()
    let openGate = () => {}
    const gate = new Promise<void>(resolve => {
      openGate = resolve
    })
    const mine = withFaults(store, { deliver: () => gate.then(() => 'once' as const) })
    const zombie = mine.partitions.claim(0, 'A').then(() => mine.partitions.checkpoint(0, checkpoint('A', 1)))
    await store.partitions.claim(0, 'B')
    openGate()
    expect(await zombie).toEqual({ kind: 'ok' })
    expect(await store.partitions.checkpoint(0, checkpoint('B', 2))).toEqual({ kind: 'fenced' })
  })
})
