import type { LogWriter, PartitionReader, TopicPartition } from '../../consumers/log.ts'
import type { BulkWriter } from '../../sinks/elasticsearch/writer.ts'
import type { ProcessMetrics } from '../../sinks/prometheus/process-metrics.ts'
import type { BatchLimits } from './batch.ts'
import { createArchiveFetched } from './fetched.ts'
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
    incarnation: string
    writer: BulkWriter
    deadLetters: Readonly<{ topic: string; writer: LogWriter }>
    limits: BatchLimits
    /** Between two fetches at the log's end, so that a trickle of events is not a request each. */
    lingerMs: number
    metrics: ProcessMetrics
    /** Everything below is in Elasticsearch, in the dead letters, or not for the archive. */
    onArchived: (offset: number) => void
    /** Retention took records before they were read. */
    onGap: (lostRecords: number, fromOffset: number) => void
  }>

/** Archives one partition until the signal is aborted, or its log is not the one that was read before. */
export const archivePartition = async (options: PartitionOptions, signal: AbortSignal): Promise<void> => {
  const { at, reader, lingerMs, clock, metrics, onArchived, onTrouble, onGap } = options
  const waiting = createWaiting(options, signal)
  const archive = createArchiveFetched(options, waiting, signal)
  let offset = options.from
  while (!signal.aborted) {
    const fetched = await reader.fetch(offset)
    if (signal.aborted) return
    switch (fetched.kind) {
      case 'unavailable':
        await waiting.after(fetched.reason)
        break
      case 'corrupt':
        // Another replica may have it whole. Never stepped over.
        await waiting.after(`the log is damaged at offset ${fetched.offset}: ${fetched.reason}`)
        break
      case 'out-of-range':
        if (offset > fetched.highOffset) return onTrouble(shrunk(options, offset, fetched.highOffset))
        onGap(fetched.lowOffset - offset, offset)
        offset = fetched.lowOffset
        onArchived(offset)
        break
      case 'records':
        waiting.over()
        if ((await archive(fetched)) === 'stopped') return
        offset = fetched.nextOffset()
        onArchived(offset)
        metrics.partition('archive', at.topic, at.partition, {
          position: offset,
          highWatermark: fetched.highWatermark,
          watermarkMs: null,
        })
        if (offset >= fetched.lastStableOffset) await clock.sleep(lingerMs, signal)
        break
    }
  }
}

/** Going on would step over whatever now stands at the offsets that were read before. */
const shrunk = ({ at: { topic, partition } }: PartitionOptions, offset: number, highOffset: number): string =>
  `${topic}-${partition} ends at ${highOffset} and was archived up to ${offset}: the topic was made again, or truncated. ` +
  'Stop the archive, move its group with kafka-consumer-groups.sh --reset-offsets, and start it again'
