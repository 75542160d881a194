import type { Log, LogWriter, OutgoingRecord } from '../../src/consumers/log.ts'
import { markerHeaders } from '../../src/consumers/marker.ts'
import { codecs } from '../../src/events/avro/codec.ts'
import { PREDICTION_DEFAULTS } from '../../src/events/prediction-defaults.ts'
import { type History, type SimEvent, START_MS } from './history.ts'
import type { Timeline } from './timeline.ts'

const DAY_MS = 86_400_000

export const lastTimeMs = ({ deliveries }: Pick<History, 'deliveries'>): number =>
  Math.max(START_MS, ...deliveries.flatMap(d => d.events.flatMap(e => (e.kind === 'event' ? [e.timeMs] : []))))

/** Appends a history's records at their times, partition by partition in order; an end marker is the last of each. */
export const startGateway = async (
  history: History,
  { log, timeline, schemaId, topic }: Readonly<{ log: Log; timeline: Timeline; schemaId: number; topic: string }>,
): Promise<void> => {
  const writer = await log.writer()
  const { partitions } = history.config.kafka
  const endMs = Math.max(0, ...history.deliveries.map(d => d.atMs))
  for (let partition = 0; partition < partitions; partition++) {
    const deliveries = history.deliveries.filter(d => d.partition === partition)
    const queue = [...deliveries.map(d => recordsOf(d.events, partition, schemaId)), [marker(partition, lastTimeMs(history))]]
    const times = [...deliveries.map(d => d.atMs), endMs + 1]
    for (const atMs of times) timeline.after(atMs, null, () => append(writer, topic, queue.shift() ?? []))
  }
}

const append = (writer: LogWriter, topic: string, records: readonly OutgoingRecord[]): void => void writer.append(topic, records)

const marker = (partition: number, timeMs: number): OutgoingRecord => ({
  key: null,
  value: null,
  partition,
  headers: markerHeaders(timeMs),
  timestampMs: START_MS,
})

const recordsOf = (events: readonly SimEvent[], partition: number, schemaId: number): readonly OutgoingRecord[] =>
  events.map((event, i) => ({ key: `${i}`, value: bytesOf(event, schemaId), partition, timestampMs: START_MS }))

const bytesOf = (event: SimEvent, schemaId: number): Buffer => {
  switch (event.kind) {
    case 'garbage':
      return Buffer.from('garbage')
    case 'future':
      return codecs.prediction.encodeFramed(schemaId, {
        ...PREDICTION_DEFAULTS,
        id: 'future',
        time: START_MS + DAY_MS,
        model: 'm',
        version: '1',
      })
    case 'event':
      return codecs.prediction.encodeFramed(schemaId, {
        ...PREDICTION_DEFAULTS,
        id: 'event',
        time: event.timeMs,
        model: event.model,
        version: event.version,
        segments: { market: event.market },
        features: { temp: event.temp },
        prediction: event.temp,
        latencyMs: event.latencyMs,
        error: event.isError ? 'timeout' : null,
      })
  }
}
