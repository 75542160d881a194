import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { BulkDocument } from '../../src/sinks/elasticsearch/document.ts'
import type { BulkWriter } from '../../src/sinks/elasticsearch/writer.ts'
import { until } from './support.ts'

/** A sink with its destination, as the contract drives them. */
export type SinkUnderTest = Readonly<{
  writer: BulkWriter
  /** A document that the destination takes. */
  good(id: string): BulkDocument
  /** One that it will never take. */
  bad(id: string): BulkDocument
  /** Ids of what the destination has now, sorted; of everything, duplicates too. */
  stored(): Promise<readonly string[]>
  /** The destination refuses everything for now, or takes it again. */
  busy(isBusy: boolean): Promise<void>
  close(): Promise<void>
}>

/** What every sink promises: at least once, once by id, refusals by name, and no end of patience. */
export const sinkContract = (name: string, open: () => Promise<SinkUnderTest>): void => {
  describe(`${name} keeps the contract of a sink`, () => {
    let sink: SinkUnderTest
    const never = new AbortController().signal
    beforeEach(async () => {
      sink = await open()
    })
    afterEach(() => sink.close())

    test('what is delivered is there', async () => {
      const delivery = await sink.writer.deliver(['a', 'b', 'c'].map(sink.good), never)
      expect(delivery).toEqual({ kind: 'delivered', created: 3, duplicates: 0, refused: [] })
      expect(await sink.stored()).toEqual(['a', 'b', 'c'])
    })

    test('what is delivered again is there once', async () => {
      await sink.writer.deliver(['a', 'b'].map(sink.good), never)
      const again = await sink.writer.deliver(['a', 'b', 'c'].map(sink.good), never)
      expect(again).toEqual({ kind: 'delivered', created: 1, duplicates: 2, refused: [] })
      expect(await sink.stored()).toEqual(['a', 'b', 'c'])
    })

    test('nothing to deliver is delivered', async () => {
      expect(await sink.writer.deliver([], never)).toEqual({ kind: 'delivered', created: 0, duplicates: 0, refused: [] })
    })

    test('what the destination will never take is named with its reason, and holds nothing else up', async () => {
      const delivery = await sink.writer.deliver([sink.good('a'), sink.bad('b'), sink.good('c'), sink.bad('d')], never)
      if (delivery.kind !== 'delivered') throw new Error(delivery.kind)
      expect(delivery.refused.map(({ position }) => position)).toEqual([1, 3])
      for (const { type, reason } of delivery.refused) {
        expect(type).toMatch(/^[a-z_]+$/)
        expect(reason).not.toBe('')
      }
      expect(await sink.stored()).toEqual(['a', 'c'])
      expect(sink.writer.health()).toEqual({ kind: 'ok' })
    })

    test('while the destination is busy it waits, says so, and then delivers everything once', async () => {
      await sink.busy(true)
      const delivery = sink.writer.deliver(['a', 'b'].map(sink.good), never)
      await until(() => sink.writer.health().kind === 'down')
      expect(await sink.stored()).toEqual([])
      await sink.busy(false)
      expect(await delivery).toMatchObject({ kind: 'delivered', refused: [] })
      expect(sink.writer.health()).toEqual({ kind: 'ok' })
      expect(await sink.stored()).toEqual(['a', 'b'])
    })

    test('told to stop while the destination is busy, it stops, and says that it has not delivered', async () => {
      await sink.busy(true)
      const stop = new AbortController()
      const delivery = sink.writer.deliver([sink.good('a')], stop.signal)
      await until(() => sink.writer.health().kind === 'down')
      stop.abort()
      expect(await delivery).toEqual({ kind: 'stopped' })
      await sink.busy(false)
      expect(await sink.stored()).toEqual([])
    })
  })
}
