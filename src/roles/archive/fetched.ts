import { deadLetterRecord } from '../../consumers/dead-letters.ts'
import type { Fetched } from '../../consumers/log.ts'
import type { RecordBlock } from '../../consumers/record-block.ts'
import { documentId, documentSource, monthlyIndex } from '../../sinks/elasticsearch/document.ts'
import type { RefusedDocument } from '../../sinks/elasticsearch/writer.ts'
import { createBatch } from './batch.ts'
import type { PartitionOptions } from './partition.ts'
import type { Transcoded } from './transcode.ts'
import type { Waiting } from './waiting.ts'

/** Archives what one fetch brought; `stopped`: told to stop before it was done. */
export type ArchiveFetched = (fetched: Extract<Fetched, { kind: 'records' }>) => Promise<'archived' | 'stopped'>

/** Records that are transcoded before others get the thread: some 5 ms at 25 features. */
const SLICE = 250

export const createArchiveFetched = (options: PartitionOptions, waiting: Waiting, signal: AbortSignal): ArchiveFetched => {
  const { at, transcode, index, incarnation, writer, deadLetters, clock, metrics, onArchived } = options
  const { topic, partition } = at
  const batch = createBatch(options.limits)
  let sinceBreath = 0

  const transcoded = async (block: RecordBlock, i: number): Promise<Exclude<Transcoded, { kind: 'unavailable' }> | undefined> => {
    for (;;) {
      const result = await transcode(block.bytes, block.valueStarts[i], block.valueEnds[i])
      if (result.kind !== 'unavailable') {
        waiting.over()
        return result
      }
      await waiting.after(result.reason)
      if (signal.aborted) return undefined
    }
  }

  /** Before the offset that covers them is committed. False: told to stop. */
  const deadLetter = async (refused: readonly RefusedDocument[]): Promise<boolean> => {
    if (refused.length === 0) return true
    const letters = refused.map(({ position, type, reason }) =>
      deadLetterRecord({
        block: batch.records,
        i: position,
        topic,
        partition,
        stage: 'elasticsearch',
        reason: type,
        detail: reason,
      }),
    )
    const appended = await waiting.until(async () => {
      await deadLetters.writer.append(deadLetters.topic, letters)
      return true
    })
    for (const { type } of refused) if (appended) metrics.deadLetters(type, 1)
    return appended === true
  }

  const flush = async (): Promise<boolean> => {
    const delivery = await writer.deliver(batch.documents, signal)
    if (delivery.kind === 'stopped' || !(await deadLetter(delivery.refused))) return false
    metrics.archived('created', delivery.created)
    metrics.archived('duplicate', delivery.duplicates)
    metrics.archived('refused', delivery.refused.length)
    batch.clear()
    return true
  }

  return async ({ blocks }) => {
    batch.clear()
    for (const block of blocks) {
      metrics.recordsRead('archive', topic, partition, block.count)
      for (let i = 0; i < block.count; i++) {
        if (++sinceBreath % SLICE === 0) await clock.breathe()
        if (block.valueStarts[i] < 0) {
          metrics.archived('skipped', 1)
          continue
        }
        const event = await transcoded(block, i)
        if (event === undefined) return 'stopped'
        if (event.kind === 'undecodable') {
          metrics.archived('undecodable', 1)
          continue
        }
        const address = { topic, partition, offset: block.offsets[i], recordTimeMs: block.timestampsMs[i] }
        const document = {
          index: monthlyIndex(index, address.recordTimeMs),
          id: documentId(address, incarnation),
          source: documentSource(event.text, address),
        }
        if (batch.add(document, block, i)) continue
        if (!(await flush())) return 'stopped'
        onArchived(address.offset)
        batch.add(document, block, i)
      }
    }
    return (await flush()) ? 'archived' : 'stopped'
  }
}
