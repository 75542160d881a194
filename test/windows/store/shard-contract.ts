import { describe, expect, it } from 'vitest'
import type { StateStore } from '../../../src/windows/store/port.ts'
import { firing } from './samples.ts'

/** What every store does for a shard; `open` gives an empty store, the same one during a test. */
export const shardContract = (open: () => StateStore): void => {
  describe('a shard', () => {
    it('is claimed empty at first, then with what was fired', async () => {
      const store = open()
      expect(await store.shards.claim(4, 'A')).toEqual({ epoch: 1, commitId: '', meta: null })
      const meta = { firedThroughMs: -10, registry: '{"séries":[1]}' }
      expect(await store.shards.fire(4, firing('A', 1, { meta }))).toEqual({ kind: 'ok' })
      expect(await store.shards.claim(4, 'B')).toEqual({ epoch: 2, commitId: 'f1', meta })
      expect(await store.shards.firedThrough(6)).toEqual([null, null, null, null, -10, null])
    })

    it('has the same fence as a partition, and one of its own', async () => {
      const store = open()
      await store.partitions.claim(0, 'P')
      expect(await store.shards.fire(0, firing('P', 1))).toEqual({ kind: 'fenced' })
      await store.shards.claim(0, 'A')
      const first = firing('A', 1)
      expect(await store.shards.fire(0, first)).toEqual({ kind: 'ok' })
      expect(await store.shards.fire(0, first)).toEqual({ kind: 'duplicate' })
      const lost = firing('A', 3, { rules: new Map([['r', '3']]), outbox: [{ id: 'a', alert: '3' }] })
      expect(await store.shards.fire(0, lost)).toEqual({ kind: 'mismatch' })
      await store.shards.claim(0, 'B')
      expect(await store.shards.fire(0, { ...lost, previousCommitId: 'f1' })).toEqual({ kind: 'fenced' })
      expect(await store.shards.rules(0)).toEqual(new Map())
      expect(await store.shards.outbox(0, 10)).toEqual([])
      expect(await store.shards.firedThrough(1)).toEqual([10])
    })

    it('keeps, replaces and forgets rule states', async () => {
      const store = open()
      await store.shards.claim(0, 'A')
      const rules = new Map([
        ['r1', '{"n":1}'],
        ['r2', '{"n":"é"}'],
      ])
      await store.shards.fire(0, firing('A', 1, { rules }))
      await store.shards.fire(
        0,
        firing('A', 2, {
          rules: new Map([
            ['r1', null],
            ['r2', '2'],
            ['r3', '3'],
            ['r4', null],
          ]),
        }),
      )
      expect(await store.shards.rules(0)).toEqual(
        new Map([
          ['r2', '2'],
          ['r3', '3'],
        ]),
      )
      expect(await store.shards.rules(1)).toEqual(new Map())
    })

    it('hands alerts out oldest first, until they are trimmed', async () => {
      const store = open()
      await store.shards.claim(0, 'A')
      const alert = (id: string, value = id) => ({ id, alert: JSON.stringify(value) })
      await store.shards.fire(0, firing('A', 1, { outbox: [alert('z'), alert('é')] }))
      await store.shards.fire(0, firing('A', 2, { outbox: [alert('a'), alert('é', 'again')] }))
      expect(await store.shards.outbox(0, 10)).toEqual([alert('z'), alert('é', 'again'), alert('a')])
      expect(await store.shards.outbox(0, 2)).toEqual([alert('z'), alert('é', 'again')])
      expect(await store.shards.trimOutbox(0, 'A', ['é', 'unknown'])).toEqual({ kind: 'ok' })
      expect(await store.shards.outbox(0, 10)).toEqual([alert('z'), alert('a')])
      await store.shards.fire(0, firing('A', 3, { outbox: [alert('é'), alert('b')] }))
      expect(await store.shards.outbox(0, 10)).toEqual([alert('z'), alert('a'), alert('é'), alert('b')])
      expect(await store.shards.trimOutbox(0, 'A', ['z', 'a', 'é', 'b'])).toEqual({ kind: 'ok' })
      expect(await store.shards.outbox(0, 10)).toEqual([])
      expect(await store.shards.outbox(1, 10)).toEqual([])
    })

    it('lets only its owner trim', async () => {
      const store = open()
      await store.shards.claim(0, 'A')
      await store.shards.fire(0, firing('A', 1, { outbox: [{ id: 'a', alert: '1' }] }))
      await store.shards.claim(0, 'B')
      expect(await store.shards.trimOutbox(0, 'A', ['a'])).toEqual({ kind: 'fenced' })
      expect(await store.shards.trimOutbox(0, 'A', [])).toEqual({ kind: 'fenced' })
      expect(await store.shards.outbox(0, 10)).toHaveLength(1)
    })

    it('takes a firing of any size as one', async () => {
      const store = open()
      await store.shards.claim(0, 'A')
      const large = 'x'.repeat(1_000)
      const rules = new Map(Array.from({ length: 4_000 }, (_, i) => [`r${i}`, `${i}${large}`]))
      const outbox = Array.from({ length: 1_500 }, (_, i) => ({ id: `a${i}`, alert: `${i}${large}` }))
      const all = firing('A', 1, { rules, outbox })
      expect(await store.shards.fire(0, all)).toEqual({ kind: 'ok' })
      expect(await store.shards.fire(0, all)).toEqual({ kind: 'duplicate' })
      expect(await store.shards.rules(0)).toEqual(rules)
      expect(await store.shards.outbox(0, 10_000)).toEqual(outbox)
      expect(
        await store.shards.trimOutbox(
          0,
          'A',
          outbox.map(a => a.id),
        ),
      ).toEqual({ kind: 'ok' })
      expect(await store.shards.outbox(0, 10_000)).toEqual([])
      const forgotten = firing('A', 2, { rules: new Map([...rules.keys()].map(r => [r, null])) })
      expect(await store.shards.fire(0, forgotten)).toEqual({ kind: 'ok' })
      expect(await store.shards.rules(0)).toEqual(new Map())
    })
  })
}
