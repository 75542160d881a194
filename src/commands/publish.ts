import { pino } from 'pino'
import { systemClock } from '../clock.ts'
import { type ConfigSource, loadConfig } from '../config/load.ts'
import { createKafkaLog } from '../consumers/kafka/log.ts'
import type { OutgoingRecord } from '../consumers/log.ts'
import { markerHeaders } from '../consumers/marker.ts'
import { createTopicEncoder } from '../events/avro/topic-encoder.ts'
import { createConfluentRegistry } from '../events/confluent-registry.ts'
import { type CsvMapping, readPredictions } from '../events/files.ts'
import { prepareTopics } from '../roles/topics.ts'
import { type CommandIo, ExitCode } from './io.ts'
import { createProgress } from './progress.ts'

export type PublishOptions = Readonly<{
  files: readonly string[]
  source: ConfigSource
  /** Events a second; undefined: as fast as the broker takes them. */
  rate?: number
  end: boolean
  csv: CsvMapping | undefined
}>

const MAX_BATCH = 500
/** With a rate, so many appends a second. */
const APPENDS_PER_SECOND = 20

/**
 * Sends event files to the predictions topic as Avro, keyed by id, in order. `--end` then marks every partition, so that the
 * last windows close. Exit 1 when a line cannot be read (the others are sent) or the broker refuses.
 */
export const runPublish = async ({ files, source, rate, end, csv }: PublishOptions, io: CommandIo): Promise<number> => {
  const config = loadConfig(source)
  const topic = config.kafka.topics.predictions
  const log = createKafkaLog(config.kafka, pino({ level: 'silent' }))
  const progress = createProgress('publish', io)
  const startedMs = systemClock.now()
  let sent = 0
  let bad = 0
  let lastTimeMs = Number.NEGATIVE_INFINITY
  try {
    await prepareTopics(log, config)
    const encode = await createTopicEncoder('prediction', topic, createConfluentRegistry(config.schemaRegistry))
    const writer = await log.writer()
    const batchSize = rate === undefined ? MAX_BATCH : Math.max(1, Math.min(MAX_BATCH, Math.round(rate / APPENDS_PER_SECOND)))
    let batch: OutgoingRecord[] = []
    const flush = async (): Promise<void> => {
      if (batch.length === 0) return
      if (rate !== undefined) await systemClock.sleep(Math.max(0, (sent / rate) * 1000 - (systemClock.now() - startedMs)))
      await writer.append(topic, batch)
      sent += batch.length
      batch = []
    }
    for await (const entry of readPredictions(files, csv)) {
      progress.update(entry.bytesRead, entry.bytesTotal, `${sent} events`)
      if (entry.kind === 'problem') {
        io.stderr.write(`${entry.file}:${entry.line}: ${entry.message}\n`)
        bad++
        continue
      }
      const { prediction } = entry
      lastTimeMs = Math.max(lastTimeMs, prediction.time)
      if (batch.push({ key: prediction.id, value: encode(prediction) }) >= batchSize) await flush()
    }
    await flush()
    if (end && Number.isFinite(lastTimeMs)) {
      const count = await log.partitionCount(topic)
      const markers = Array.from({ length: count }, (_, partition) => ({
        key: null,
        value: null,
        partition,
        headers: markerHeaders(lastTimeMs),
      }))
      await writer.append(topic, markers)
    }
    progress.done(`${sent} events`)
    io.stdout.write(`${sent} events sent to ${topic}${end ? ', and the end of the stream' : ''}\n`)
    return bad > 0 ? ExitCode.failed : ExitCode.ok
  } catch (error) {
    io.stderr.write(`tidemark publish: ${error instanceof Error ? error.message : String(error)} (${sent} events were sent)\n`)
    return ExitCode.failed
  } finally {
    await log.close()
  }
}
