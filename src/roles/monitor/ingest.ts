import { deadLetterRecord } from '../../consumers/dead-letters.ts'
import type { OutgoingRecord, TopicPartition } from '../../consumers/log.ts'
import { readMarker } from '../../consumers/marker.ts'
import type { RecordBlock } from '../../consumers/record-block.ts'
import type { Decoder } from '../../events/avro/decoder.ts'
import { Code } from '../../events/avro/faults.ts'
import type { EventColumns } from '../../events/columns.ts'
import type { PartitionWindows } from '../../windows/partition.ts'

/** Where a pass over a block stopped: at its end, with the columns full, or before a record whose schema must be fetched first. */
export type Ingested = Readonly<{ kind: 'end' | 'full' } | { kind: 'unknown-schema'; schemaId: number }>

/**
 * Records of a block into the partition's windows: decoded into columns, folded a batch at a time. What is refused is counted
 * and becomes a dead letter; a marker moves the watermark when everything before it is folded.
 */
export type Ingest = Readonly<{
  /** Decodes from `position()` on. Call `fold` before anything looks at the windows. */
  run(block: RecordBlock): Ingested
  fold(): void
  /** Index of the next record of the block; set to 0 with every new block. */
  position(): number
  begin(): void
  /** Refuses the record at the position: its schema cannot be had. */
  refuse(block: RecordBlock, reason: string, detail: string): void
  /** Hands over the dead letters gathered since the last call, which are held in memory until they are written. */
  takeDeadLetters(): readonly OutgoingRecord[]
  /** Those that were handed over last are in the log. */
  lettersWritten(): void
  /** Of dead letters that are not in the log yet. */
  waitingBytes(): number
}>

/** Headers and objects of a dead letter, about. */
const LETTER_BYTES = 1024

/** Beyond so many distinct texts the interner starts afresh: codes live no longer than a batch. */
const MAX_TEXTS = 50_000

export const createIngest = (
  options: Readonly<{
    at: TopicPartition
    decoder: Decoder
    columns: EventColumns
    windows: PartitionWindows
    maxFutureMs: number
    onDeadLetter(reason: string): void
  }>,
): Ingest => {
  const { at, decoder, columns, windows, maxFutureMs } = options
  let position = 0
  let deadLetters: OutgoingRecord[] = []
  let gatheredBytes = 0
  let takenBytes = 0

  const fold = (): void => {
    if (columns.count > 0) windows.fold(columns)
    columns.count = 0
    if (columns.texts.size > MAX_TEXTS) columns.texts.clear()
  }

  const refuse = (block: RecordBlock, i: number, reason: string, detail: string): void => {
    const letter = deadLetterRecord({ block, i, ...at, reason, detail })
    deadLetters.push(letter)
    gatheredBytes += LETTER_BYTES + (letter.key?.length ?? 0) + (letter.value?.length ?? 0)
    windows.count('deadLettered')
    options.onDeadLetter(reason)
  }

  const mark = (block: RecordBlock, i: number): void => {
    fold()
    windows.count('skipped')
    const timeMs = readMarker(block, i)
    if (timeMs !== undefined) windows.mark(timeMs)
  }

  const isFuture = (): boolean => {
    const row = columns.count - 1
    return columns.timesMs[row] > columns.recordTimesMs[row] + maxFutureMs
  }

  const run = (block: RecordBlock): Ingested => {
    while (position < block.count) {
      if (columns.count === columns.capacity) return { kind: 'full' }
      const code = decoder.decode(block, position, columns)
      if (code === Code.unknownSchema) return { kind: 'unknown-schema', schemaId: decoder.schemaId() }
      if (code === Code.nullValue) mark(block, position)
      else if (code !== Code.ok) {
        const fault = decoder.fault()
        refuse(block, position, fault?.kind ?? 'undecodable', fault?.reason ?? `result ${code}`)
      } else if (isFuture()) {
        const timeMs = columns.timesMs[--columns.count]
        refuse(block, position, 'from-the-future', futureDetail(timeMs, block.timestampsMs[position], maxFutureMs))
      }
      position++
    }
    return { kind: 'end' }
  }

  return {
    run,
    fold,
    position: () => position,
    begin: () => {
      position = 0
    },
    refuse: (block, reason, detail) => refuse(block, position++, reason, detail),
    takeDeadLetters: () => {
      const taken = deadLetters
      deadLetters = []
      takenBytes += gatheredBytes
      gatheredBytes = 0
      return taken
    },
    lettersWritten: () => {
      takenBytes = 0
    },
    waitingBytes: () => gatheredBytes + takenBytes,
  }
}

const futureDetail = (timeMs: number, recordMs: number, maxFutureMs: number): string =>
  `event time ${new Date(timeMs).toISOString()} is more than ${maxFutureMs} ms after its record's time ${new Date(recordMs).toISOString()}: ` +
  "check the gateway's clock (time.maxFuture)"
