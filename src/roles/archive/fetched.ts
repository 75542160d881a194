import { deadLetterRecord } from '../../consumers/dead-letters.ts'
import type { Fetched, OutgoingRecord } from '../../consumers/log.ts'
import type { RecordBlock } from '../../consumers/record-block.ts'
import { type BulkDocument, documentId, documentSource, monthlyIndex } from '../../sinks/elasticsearch/document.ts'
import type { RefusedDocument } from '../../sinks/elasticsearch/writer.ts'
import { createBatch } from './batch.ts'
import type { PartitionMemory } from './memory.ts'
import type { PartitionOptions } from './partition.ts'
import type { Transcoded } from './transcode.ts'
import type { Waiting } from './waiting.ts'

/** Archives what one fetch brought; `stopped`: told to stop before it was done. */
export type ArchiveFetched = (fetched: Extract<Fetched, { kind: 'records' }>) => Promise<'archived' | 'stopped'>

/** Records that are transcoded before others get the thread: some 5 ms at 25 features. */
const SLICE = 250

export const createArchiveFetched = (
  options: PartitionOptions,
  memory: PartitionMemory,
  waiting: Waiting,
  signal: AbortSignal,
): ArchiveFetched => {
  const { at, transcode, index, incarnation, writer, deadLetters, clock, metrics, onArchived } = options
  const { topic, partition } = at
  const batch = createBatch(options.memory.limits)
  let sinceBreath = 0

  const transcoded = async (block: RecordBlock, i: number): Promise<Exclude<Transcoded, { kind: 'unavailable' }> | undefined> => {
    for (;;) {
      const result = await transcode(block.bytes, block.valueStarts[i], block.valueEnds[i])
      if (result.kind !== 'unavailable') {
        waiting.over('schema-registry')
        return result
      }
      await waiting.after('schema-registry', result.reason)
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
    memory.deadLetters(letters.reduce((sum, letter) => sum + sizeOf(letter), 0))
    const appended = await waiting.until('dead-letters', async () => {
      await deadLetters.writer.append(deadLetters.topic, letters)
      return true
    })
    for (const { type } of refused) if (appended) metrics.deadLetters(type, 1)
    return appended === true
  }

  const onWait = (reason: string | null): void =>
    reason === null ? waiting.over('elasticsearch') : waiting.begin('elasticsearch', reason)

  const flush = async (): Promise<boolean> => {
    memory.request(batch.heldBytes())
    try {
      const delivery = await writer.deliver(batch.documents, signal, onWait)
      if (delivery.kind === 'stopped' || !(await deadLetter(delivery.refused))) return false
      metrics.archived('created', delivery.created)
      metrics.archived('duplicate', delivery.duplicates)
      metrics.archived('refused', delivery.refused.length)
      return true
    } finally {
      batch.clear()
      memory.done()
    }
  }

  /** False: told to stop. */
  const put = async (document: BulkDocument, block: RecordBlock, i: number): Promise<boolean> => {
    if (batch.documents.length > 0) {
      if (batch.add(document, block, i)) return true
      if (!(await flush())) return false
      onArchived(block.offsets[i])
    }
    if (!(await memory.beforeRequest())) return false
    return batch.add(document, block, i)
  }

  return async ({ blocks }) => {
    for (const block of blocks) {
      memory.reading(block)
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
        if (!(await put(document, block, i))) return 'stopped'
      }
    }
    return batch.documents.length === 0 || (await flush()) ? 'archived' : 'stopped'
  }
}

const sizeOf = ({ key, value, headers = {} }: OutgoingRecord): number => {
  let size = (key?.length ?? 0) + (value?.length ?? 0)
  for (const [name, content] of Object.entries(headers))
    for (const one of typeof content === 'string' || Buffer.isBuffer(content) ? [content] : content)
      size += name.length + one.length
  return size
}
