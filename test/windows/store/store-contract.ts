import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PaneEntry, StateStore } from '../../../src/windows/store/port.ts'
import { bytes, checkpoint, entry, firing, metaAt, pane, text } from './samples.ts'

/** What every state store must do. `open` gives an empty one. */
export const storeContract = (name: string, open: () => Promise<StateStore>): void => {
  describe(`state store: ${name}`, () => {
    let store: StateStore
    beforeEach(async () => {
      store = await open()
    })
    afterEach(() => store.close())

    const readAll = async (partition: number): Promise<readonly PaneEntry[]> =>
      store.partitions.readPanes(partition, await store.partitions.paneKeys(partition))

    /** Everything a partition holds, as text: pane, series, value. */
    const dump = async (partition: number): Promise<readonly string[]> =>
      (await readAll(partition)).map(e => `${e.key.startMs}+${e.key.widthMs}/${e.key.shard} ${e.series}=${text(e.bytes)}`).sort()

    describe('a partition', () => {
      it('is claimed empty at first, then with what was stored, each time in a higher epoch', async () => {
        expect(await store.partitions.claim(0, 'A')).toEqual({ epoch: 1, commitId: '', meta: null })
        expect(await store.partitions.checkpoint(0, checkpoint('A', 1))).toEqual({ kind: 'ok' })
        expect(await store.partitions.claim(0, 'B')).toEqual({ epoch: 2, commitId: 'c1', meta: metaAt(1) })
        expect(await store.partitions.claim(1, 'B')).toEqual({ epoch: 1, commitId: '', meta: null })
      })

      it('gives its meta back as it was: offsets beyond doubles, words of any script', async () => {
        const meta = metaAt(2n ** 62n + 1n, {
          restart: {
            ...metaAt(2n ** 62n + 1n).restart,
            watermarkMs: -1.5,
            maxTimeMs: 1_700_000_000_123,
            fingerprint: { baseOffset: 2n ** 60n + 7n, crc: 4_294_967_295 },
            ledger: { read: 7, inWindows: 1, late: 1, tooLate: 2, deadLettered: 3, skipped: 1 },
            vocabulary: ['', 'naïve "quoted"', '価格\n', '🌊'],
          },
          closedThroughMs: 1_700_000_000_000,
          deletedThroughMs: -60_000,
          idle: true,
        })
        await store.partitions.claim(3, 'A')
        await store.partitions.checkpoint(3, checkpoint('A', 1, { meta }))
        expect((await store.partitions.claim(3, 'B')).meta).toEqual(meta)
        expect(await store.partitions.progress(5)).toEqual([null, null, null, meta, null])
      })

      it('refuses a writer that never claimed it, or was replaced', async () => {
        expect(await store.partitions.checkpoint(0, checkpoint('A', 1))).toEqual({ kind: 'fenced' })
        await store.partitions.claim(0, 'A')
        await store.partitions.claim(0, 'B')
        const sets = [entry(pane(0), 's', 'zombie')]
        expect(await store.partitions.checkpoint(0, checkpoint('A', 1, { sets }))).toEqual({ kind: 'fenced' })
        expect(await dump(0)).toEqual([])
        expect(await store.partitions.progress(1)).toEqual([null])
      })

      it('answers a resend with duplicate, even to a writer replaced since, and writes nothing again', async () => {
        await store.partitions.claim(0, 'A')
        const first = checkpoint('A', 1, { sets: [entry(pane(0), 's', '1')] })
        await store.partitions.checkpoint(0, first)
        expect(await store.partitions.checkpoint(0, first)).toEqual({ kind: 'duplicate' })
        await store.partitions.claim(0, 'B')
        expect(await store.partitions.checkpoint(0, first)).toEqual({ kind: 'duplicate' })
        await store.partitions.checkpoint(0, checkpoint('B', 2, { sets: [entry(pane(0), 's', '2')] }))
        expect(await store.partitions.checkpoint(0, first)).toEqual({ kind: 'fenced' })
        expect(await dump(0)).toEqual(['0+10/0 s=2'])
      })

      it('answers mismatch to the owner whose last commit it does not have', async () => {
        await store.partitions.claim(0, 'A')
        await store.partitions.checkpoint(0, checkpoint('A', 1))
        const after = checkpoint('A', 3, { sets: [entry(pane(0), 's', '3')] })
        expect(await store.partitions.checkpoint(0, after)).toEqual({ kind: 'mismatch' })
        expect(await dump(0)).toEqual([])
        expect((await store.partitions.progress(1))[0]?.restart.offset).toBe(1n)
      })

      it('keeps the panes of a start apart by width and by shard', async () => {
        await store.partitions.claim(0, 'A')
        const sets = [pane(0), pane(0, 1), pane(0, 0, 60), pane(10, 0)].map(key => entry(key, 's', JSON.stringify(key)))
        await store.partitions.checkpoint(0, checkpoint('A', 1, { sets }))
        for (const e of await readAll(0)) expect(JSON.parse(text(e.bytes))).toEqual(e.key)
        expect(await readAll(0)).toHaveLength(4)
      })

      it('sets values: the last one counts', async () => {
        await store.partitions.claim(0, 'A')
        await store.partitions.checkpoint(0, checkpoint('A', 1, { sets: [entry(pane(0), 's', '1'), entry(pane(0), 't', '1')] }))
        await store.partitions.checkpoint(0, checkpoint('A', 2, { sets: [entry(pane(0), 's', '2')] }))
        expect(await dump(0)).toEqual(['0+10/0 s=2', '0+10/0 t=1'])
      })

      it('gives any bytes and any series back, and a copy of its own', async () => {
        await store.partitions.claim(0, 'A')
        const value = Uint8Array.from({ length: 256 }, (_, i) => i)
        const series = '["modèle\\u0000","*","région","日本"]'
        const sets = [
          { key: pane(-20), series, bytes: value },
          { key: pane(-20), series: '', bytes: new Uint8Array() },
        ]
        await store.partitions.checkpoint(0, checkpoint('A', 1, { sets }))
        value.fill(0)
        const read = new Map((await readAll(0)).map(e => [e.series, [...e.bytes]]))
        expect(read.get(series)).toEqual(Array.from({ length: 256 }, (_, i) => i))
        expect(read.get('')).toEqual([])
      })

      it('lists panes by start, width, shard', async () => {
        await store.partitions.claim(0, 'A')
        const keys = [pane(-100), pane(0), pane(0, 7), pane(0, 0, 60), pane(900), pane(1_000, 11), pane(1_000, 100)]
        const sets = keys.toReversed().map(key => entry(key, 's', 'x'))
        await store.partitions.checkpoint(0, checkpoint('A', 1, { sets }))
        expect(await store.partitions.paneKeys(0)).toEqual(keys)
        expect(await store.partitions.paneKeys(1)).toEqual([])
      })

      /*
       * shard 1   [0..10) [10..20) [20..30)
       *           [0 ............ 20)              through 20, after 10: the two that end at 20
       */
      it("lists a shard's panes with after < end <= through", async () => {
        await store.partitions.claim(0, 'A')
        const mine = [pane(0, 1), pane(0, 1, 20), pane(10, 1), pane(20, 1)]
        const sets = [...mine, pane(10, 2)].map(key => entry(key, 's', 'x'))
        await store.partitions.checkpoint(0, checkpoint('A', 1, { sets }))
        expect(await store.partitions.shardPaneKeys(0, 1, 10, 20)).toEqual([pane(0, 1, 20), pane(10, 1)])
        expect(await store.partitions.shardPaneKeys(0, 1, Number.NEGATIVE_INFINITY, 30)).toEqual(mine)
        expect(await store.partitions.shardPaneKeys(0, 3, 0, 100)).toEqual([])
        expect(await store.partitions.shardPaneKeys(1, 1, 0, 100)).toEqual([])
      })

      it('deletes panes, known or not, after it has set', async () => {
        await store.partitions.claim(0, 'A')
        const sets = [entry(pane(0), 's', '1'), entry(pane(0), 't', '1'), entry(pane(10), 's', '1'), entry(pane(20), 's', '1')]
        await store.partitions.checkpoint(0, checkpoint('A', 1, { sets }))
        const deletes = [pane(0), pane(20), pane(999, 4)]
        await store.partitions.checkpoint(0, checkpoint('A', 2, { sets: [entry(pane(20), 's', '2')], deletes }))
        expect(await dump(0)).toEqual(['10+10/0 s=1'])
        expect(await store.partitions.paneKeys(0)).toEqual([pane(10)])
        expect(await store.partitions.shardPaneKeys(0, 0, 0, 100)).toEqual([pane(10)])
        expect(await store.partitions.readPanes(0, [pane(0)])).toEqual([])
      })

      it('takes a checkpoint of any size as one', async () => {
        await store.partitions.claim(0, 'A')
        const large = 'x'.repeat(60_000)
        const sets = Array.from({ length: 60 }, (_, i) => entry(pane(10 * (i % 3), i % 2), `large ${i}`, `${i}${large}`))
        for (let i = 0; i < 3_000; i++) sets.push(entry(pane(30), `small ${i}`, `${i}`))
        const all = checkpoint('A', 1, { sets })
        expect(await store.partitions.checkpoint(0, all)).toEqual({ kind: 'ok' })
        expect(await store.partitions.checkpoint(0, all)).toEqual({ kind: 'duplicate' })
        const stored = await readAll(0)
        expect(stored).toHaveLength(sets.length)
        const bySeries = new Map(stored.map(e => [e.series, text(e.bytes)]))
        for (const set of sets) expect(bySeries.get(set.series)).toBe(text(set.bytes))
      })

      it('deletes any number of panes at once', async () => {
        await store.partitions.claim(0, 'A')
        const keys = Array.from({ length: 2_500 }, (_, i) => pane(i * 10, i % 5))
        await store.partitions.checkpoint(0, checkpoint('A', 1, { sets: keys.map(key => entry(key, 's', 'x')) }))
        expect(await store.partitions.paneKeys(0)).toEqual(keys)
        await store.partitions.checkpoint(0, checkpoint('A', 2, { deletes: keys.slice(0, 2_499) }))
        expect(await store.partitions.paneKeys(0)).toEqual([pane(24_990, 4)])
      })

      it('is initialised by its first checkpoint, for good', async () => {
        await store.partitions.claim(0, 'A')
        expect(await store.initialised()).toEqual(new Set())
        await store.partitions.checkpoint(0, checkpoint('A', 1))
        await store.partitions.claim(2, 'A')
        await store.partitions.checkpoint(2, checkpoint('A', 1))
        expect(await store.initialised()).toEqual(new Set([0, 2]))
      })
    })

    describe('a shard', () => {
      it('is claimed empty at first, then with what was fired', async () => {
        expect(await store.shards.claim(4, 'A')).toEqual({ epoch: 1, commitId: '', meta: null })
        const meta = { firedThroughMs: -10, registry: '{"séries":[1]}' }
        expect(await store.shards.fire(4, firing('A', 1, { meta }))).toEqual({ kind: 'ok' })
        expect(await store.shards.claim(4, 'B')).toEqual({ epoch: 2, commitId: 'f1', meta })
        expect(await store.shards.firedThrough(6)).toEqual([null, null, null, null, -10, null])
      })

      it('has the same fence as a partition, and one of its own', async () => {
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
        await store.shards.claim(0, 'A')
        await store.shards.fire(0, firing('A', 1, { outbox: [{ id: 'a', alert: '1' }] }))
        await store.shards.claim(0, 'B')
        expect(await store.shards.trimOutbox(0, 'A', ['a'])).toEqual({ kind: 'fenced' })
        expect(await store.shards.trimOutbox(0, 'A', [])).toEqual({ kind: 'fenced' })
        expect(await store.shards.outbox(0, 10)).toHaveLength(1)
      })

      it('takes a firing of any size as one', async () => {
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
      await store.partitions.checkpoint(1, checkpoint('A', 1, { sets: [{ key: pane(0), series: 's', bytes: bytes('1') }] }))
      await store.partitions.claim(11, 'B')
      await store.partitions.checkpoint(11, checkpoint('B', 1, { deletes: [pane(0)] }))
      await store.shards.claim(11, 'B')
      await store.shards.fire(11, firing('B', 1, { rules: new Map([['r', '1']]) }))
      expect(await dump(1)).toEqual(['0+10/0 s=1'])
      expect(await store.shards.rules(1)).toEqual(new Map())
    })
  })
}
