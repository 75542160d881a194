import { describe, expect, it } from 'vitest'
import type { PaneEntry, StateStore } from '../../../src/windows/store/port.ts'
import { checkpoint, entry, metaAt, pane, progressOf, text } from './samples.ts'

/** Everything a partition holds, as text: pane, series, value. */
export const dump = async (store: StateStore, partition: number): Promise<readonly string[]> =>
  (await readAll(store, partition))
    .map(e => `${e.key.startMs}+${e.key.widthMs}/${e.key.shard} ${e.series}=${text(e.bytes)}`)
    .sort()

const readAll = async ({ partitions }: StateStore, partition: number): Promise<readonly PaneEntry[]> =>
  partitions.readPanes(partition, await partitions.paneKeys(partition))

/** What every store does for a partition; `open` gives an empty store, the same one during a test. */
export const partitionContract = (open: () => StateStore): void => {
  describe('a partition', () => {
    it('is claimed empty at first, then with what was stored, each time in a higher epoch', async () => {
      const store = open()
      expect(await store.partitions.claim(0, 'A')).toEqual({ epoch: 1, commitId: '', meta: null })
      expect(await store.partitions.checkpoint(0, checkpoint('A', 1))).toEqual({ kind: 'ok' })
      expect(await store.partitions.claim(0, 'B')).toEqual({ epoch: 2, commitId: 'c1', meta: metaAt(1) })
      expect(await store.partitions.claim(1, 'B')).toEqual({ epoch: 1, commitId: '', meta: null })
    })

    it('gives its meta back as it was: offsets beyond doubles, words of any script', async () => {
      const store = open()
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
        caughtUp: false,
        gaps: [
          { fromMs: -5, toMs: 1_700_000_000_000.5 },
          { fromMs: 7, toMs: null },
        ],
        usage: { openPanes: 1, openBytes: 2, storedPanes: 3, storedBytes: 2 ** 40 },
      })
      await store.partitions.claim(3, 'A')
      await store.partitions.checkpoint(3, checkpoint('A', 1, { meta }))
      expect((await store.partitions.claim(3, 'B')).meta).toEqual(meta)
      expect(await store.partitions.progress(5)).toEqual([null, null, null, progressOf(meta), null])
    })

    it('keeps the vocabulary where a checkpoint says no more than the one before, and takes what was added', async () => {
      const store = open()
      const known = (at: number, vocabulary: readonly string[]) => metaAt(at, { restart: { ...metaAt(at).restart, vocabulary } })
      const claimed = async (token: string) => (await store.partitions.claim(0, token)).meta?.restart.vocabulary
      await store.partitions.claim(0, 'A')
      await store.partitions.checkpoint(0, checkpoint('A', 1, { meta: known(1, ['a']) }))
      await store.partitions.checkpoint(0, checkpoint('A', 2, { meta: known(2, ['a']) }))
      expect(await claimed('B')).toEqual(['a'])
      await store.partitions.checkpoint(0, checkpoint('B', 3, { meta: known(3, ['a']) }))
      await store.partitions.checkpoint(0, checkpoint('B', 4, { meta: known(4, ['a', 'b']) }))
      await store.partitions.checkpoint(0, checkpoint('B', 5, { meta: known(5, ['a', 'b']) }))
      expect(await claimed('C')).toEqual(['a', 'b'])
    })

    it('refuses a writer that never claimed it, or was replaced', async () => {
      const store = open()
      expect(await store.partitions.checkpoint(0, checkpoint('A', 1))).toEqual({ kind: 'fenced' })
      await store.partitions.claim(0, 'A')
      await store.partitions.claim(0, 'B')
      const sets = [entry(pane(0), 's', 'zombie')]
      expect(await store.partitions.checkpoint(0, checkpoint('A', 1, { sets }))).toEqual({ kind: 'fenced' })
      expect(await dump(store, 0)).toEqual([])
      expect(await store.partitions.progress(1)).toEqual([null])
    })

    it('answers a resend with duplicate, even to a writer replaced since, and writes nothing again', async () => {
      const store = open()
      await store.partitions.claim(0, 'A')
      const first = checkpoint('A', 1, { sets: [entry(pane(0), 's', '1')] })
      await store.partitions.checkpoint(0, first)
      expect(await store.partitions.checkpoint(0, first)).toEqual({ kind: 'duplicate' })
      await store.partitions.claim(0, 'B')
      expect(await store.partitions.checkpoint(0, first)).toEqual({ kind: 'duplicate' })
      await store.partitions.checkpoint(0, checkpoint('B', 2, { sets: [entry(pane(0), 's', '2')] }))
      expect(await store.partitions.checkpoint(0, first)).toEqual({ kind: 'fenced' })
      expect(await dump(store, 0)).toEqual(['0+10/0 s=2'])
    })

    it('answers mismatch to the owner whose last commit it does not have', async () => {
      const store = open()
      await store.partitions.claim(0, 'A')
      await store.partitions.checkpoint(0, checkpoint('A', 1))
      const after = checkpoint('A', 3, { sets: [entry(pane(0), 's', '3')] })
      expect(await store.partitions.checkpoint(0, after)).toEqual({ kind: 'mismatch' })
      expect(await dump(store, 0)).toEqual([])
      expect((await store.partitions.progress(1))[0]?.restart.offset).toBe(1n)
    })

    it('keeps the panes of a start apart by width and by shard', async () => {
      const store = open()
      await store.partitions.claim(0, 'A')
      const sets = [pane(0), pane(0, 1), pane(0, 0, 60), pane(10, 0)].map(key => entry(key, 's', JSON.stringify(key)))
      await store.partitions.checkpoint(0, checkpoint('A', 1, { sets }))
      for (const e of await readAll(store, 0)) expect(JSON.parse(text(e.bytes))).toEqual(e.key)
      expect(await readAll(store, 0)).toHaveLength(4)
    })

    it('sets values: the last one counts', async () => {
      const store = open()
      await store.partitions.claim(0, 'A')
      await store.partitions.checkpoint(0, checkpoint('A', 1, { sets: [entry(pane(0), 's', '1'), entry(pane(0), 't', '1')] }))
      await store.partitions.checkpoint(0, checkpoint('A', 2, { sets: [entry(pane(0), 's', '2')] }))
      expect(await dump(store, 0)).toEqual(['0+10/0 s=2', '0+10/0 t=1'])
    })

    it('gives any bytes and any series back, and a copy of its own', async () => {
      const store = open()
      await store.partitions.claim(0, 'A')
      const value = Uint8Array.from({ length: 256 }, (_, i) => i)
      const series = '["modèle\\u0000","*","région","日本"]'
      const sets = [
        { key: pane(-20), series, bytes: value },
        { key: pane(-20), series: '', bytes: new Uint8Array() },
      ]
      await store.partitions.checkpoint(0, checkpoint('A', 1, { sets }))
      value.fill(0)
      const read = new Map((await readAll(store, 0)).map(e => [e.series, [...e.bytes]]))
      expect(read.get(series)).toEqual(Array.from({ length: 256 }, (_, i) => i))
      expect(read.get('')).toEqual([])
    })

    it('lists panes by start, width, shard', async () => {
      const store = open()
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
      const store = open()
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
      const store = open()
      await store.partitions.claim(0, 'A')
      const sets = [entry(pane(0), 's', '1'), entry(pane(0), 't', '1'), entry(pane(10), 's', '1'), entry(pane(20), 's', '1')]
      await store.partitions.checkpoint(0, checkpoint('A', 1, { sets }))
      const deletes = [pane(0), pane(20), pane(999, 4)]
      await store.partitions.checkpoint(0, checkpoint('A', 2, { sets: [entry(pane(20), 's', '2')], deletes }))
      expect(await dump(store, 0)).toEqual(['10+10/0 s=1'])
      expect(await store.partitions.paneKeys(0)).toEqual([pane(10)])
      expect(await store.partitions.shardPaneKeys(0, 0, 0, 100)).toEqual([pane(10)])
      expect(await store.partitions.readPanes(0, [pane(0)])).toEqual([])
    })

    it('takes a checkpoint of any size as one', async () => {
      const store = open()
      await store.partitions.claim(0, 'A')
      const large = 'x'.repeat(60_000)
      const sets = Array.from({ length: 60 }, (_, i) => entry(pane(10 * (i % 3), i % 2), `large ${i}`, `${i}${large}`))
      for (let i = 0; i < 3_000; i++) sets.push(entry(pane(30), `small ${i}`, `${i}`))
      const all = checkpoint('A', 1, { sets })
      expect(await store.partitions.checkpoint(0, all)).toEqual({ kind: 'ok' })
      expect(await store.partitions.checkpoint(0, all)).toEqual({ kind: 'duplicate' })
      const stored = await readAll(store, 0)
      expect(stored).toHaveLength(sets.length)
      const bySeries = new Map(stored.map(e => [e.series, text(e.bytes)]))
      for (const set of sets) expect(bySeries.get(set.series)).toBe(text(set.bytes))
    })

    it('deletes any number of panes at once', async () => {
      const store = open()
      await store.partitions.claim(0, 'A')
      const keys = Array.from({ length: 2_500 }, (_, i) => pane(i * 10, i % 5))
      await store.partitions.checkpoint(0, checkpoint('A', 1, { sets: keys.map(key => entry(key, 's', 'x')) }))
      expect(await store.partitions.paneKeys(0)).toEqual(keys)
      await store.partitions.checkpoint(0, checkpoint('A', 2, { deletes: keys.slice(0, 2_499) }))
      expect(await store.partitions.paneKeys(0)).toEqual([pane(24_990, 4)])
    })

    it('is initialised by its first checkpoint, for good', async () => {
      const store = open()
      await store.partitions.claim(0, 'A')
      expect(await store.initialised()).toEqual(new Set())
      await store.partitions.checkpoint(0, checkpoint('A', 1))
      await store.partitions.claim(2, 'A')
      await store.partitions.checkpoint(2, checkpoint('A', 1))
      expect(await store.initialised()).toEqual(new Set([0, 2]))
    })
  })
}
