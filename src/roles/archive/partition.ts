import type { LogWriter, PartitionReader, TopicPartition } from '../../consumers/log.ts'
import type { BulkWriter } from '../../sinks/elasticsearch/writer.ts'
import type { ProcessMetrics } from '../../sinks/prometheus/process-metrics.ts'
import { createArchiveFetched } from './fetched.ts'
import type { Incarnation } from './incarnation.ts'
import { type ArchiveMemory, createPartitionMemory } from './memory.ts'
import type { Transcode } from './transcode.ts'
import { createWaiting, type WaitingOptions } from './waiting.ts'

export type PartitionOptions = WaitingOptions &
  Readonly<{
    at: TopicPartition
    /** The next offset to read. */
    from: number
    reader: PartitionReader
    transcode: Transcode
    index: string
    /** Part of each document's id: see document.ts. */
    incarnation: string
    /** The topic's id when `from` was found; null where the log gives none. */
    topicId: string | null
    topicIdNow: Incarnation
    memory: ArchiveMemory
    writer: BulkWriter
    deadLetters: Readonly<{ topic: string; writer: LogWriter }>
    /** Between two fetches at the log's end, so that a trickle of events is not a request each. */
    lingerMs: number
    metrics: ProcessMetrics
    /** Everything below is in Elasticsearch, in the dead letters, or not for the archive. */
    onArchived: (offset: number) => void
    onGap: (gap: Gap) => void
  }>

/**
 * Records between what was archived and what the log has. `retention`: it took them before they were read. `truncated`: the log
 * ends before what was archived of it; as others may come to stand there, all that it has is sent again.
 */
export type Gap = Readonly<{ kind: 'retention' | 'truncated'; records: number; offset: number; goesOnAt: number }>

/** Archives one partition until the signal is aborted, or the topic was deleted and made again. */
export const archivePartition = async (options: PartitionOptions, signal: AbortSignal): Promise<'stopped' | 'recreated'> => {
  const { at, reader, topicId, topicIdNow, lingerMs, clock, metrics, onArchived, onGap } = options
  const waiting = createWaiting(options, signal)
  const memory = createPartitionMemory(options.memory, waiting, signal)
  const archive = createArchiveFetched(options, memory, waiting, signal)
  let offset = options.from

  /** Asked after an answer came: its records are of the topic that `from` belongs to. Undefined: told to stop. */
  const isSameTopic = async (): Promise<boolean | undefined> => {
    if (topicId === null) return true
    const now = await waiting.until('log', topicIdNow)
    return now === undefined ? undefined : now === topicId
  }

  /** A function of its own, so that nothing refers to the answer any more while memory for the next is waited for. */
  const step = async (): Promise<'on' | 'stopped' | 'recreated'> => {
    if (!(await memory.beforeFetch())) return 'stopped'
    const fetched = await reader.fetch(offset)
    if (signal.aborted) return 'stopped'
    if (fetched.kind === 'unavailable' || fetched.kind === 'corrupt') {
      memory.read()
      // Of a damaged batch another replica may have a whole copy. Never stepped over.
      const damage = fetched.kind === 'corrupt' ? `the log is damaged at offset ${fetched.offset}: ` : ''
      await waiting.after('log', `${damage}${fetched.reason}`)
      return signal.aborted ? 'stopped' : 'on'
    }
    const isSame = await isSameTopic()
    if (isSame !== true) return isSame === undefined ? 'stopped' : 'recreated'
    waiting.over('log')
    if (fetched.kind === 'out-of-range') {
      onGap(gapAt(offset, fetched))
      offset = fetched.lowOffset
      onArchived(offset)
      return 'on'
    }
    if ((await archive(fetched)) === 'stopped') return 'stopped'
    memory.read()
    offset = fetched.nextOffset()
    onArchived(offset)
    metrics.partition('archive', at.topic, at.partition, {
      position: offset,
      highWatermark: fetched.highWatermark,
      watermarkMs: null,
    })
    if (offset >= fetched.lastStableOffset) await clock.sleep(lingerMs, signal)
    return 'on'
  }

  try {
    while (!signal.aborted) {
      const reached = await step()
      memory.read()
      if (reached !== 'on') return reached
    }
    return 'stopped'
  } finally {
    memory.close()
  }
}

const gapAt = (offset: number, { lowOffset, highOffset }: Readonly<{ lowOffset: number; highOffset: number }>): Gap =>
  offset < lowOffset
    ? { kind: 'retention', records: lowOffset - offset, offset, goesOnAt: lowOffset }
    : { kind: 'truncated', records: offset - highOffset, offset, goesOnAt: lowOffset }
