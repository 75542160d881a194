import type { OutgoingRecord } from '../../consumers/log.ts'
import type { Alert, Tombstone } from '../../windows/alert.ts'
import { seriesKey } from '../../windows/series.ts'
import type { WindowResult } from '../../windows/window-result.ts'

/** Avro bytes in Confluent's wire format, by the schema id that is registered for the topic: `createTopicEncoder`. */
export type Encode<T> = (value: T) => Buffer

/** Key of a window's results: the series' key is a JSON array, so what follows its last bracket is the window's name. */
export const windowKey = (result: Pick<WindowResult, 'model' | 'version' | 'segment' | 'window'>): string =>
  `${seriesKey(result)}${result.window}`

/**
 * Window results as records, in order. The same results give the same bytes. No record carries a timestamp: event time may
 * run ahead of the broker's clock, and brokers refuse records from the future (`message.timestamp.after.max.ms`).
 */
export const windowResultRecords = (results: readonly WindowResult[], encode: Encode<WindowResult>): readonly OutgoingRecord[] =>
  results.map(result => ({ key: windowKey(result), value: encode(result) }))

/**
 * Alerts as records, in order. The topic is compacted by fingerprint, so that its state is the list of what fires, and of what
 * fired lately: a tombstone ends it.
 */
export const alertRecords = (outbox: readonly (Alert | Tombstone)[], encode: Encode<Alert>): readonly OutgoingRecord[] =>
  outbox.map(record =>
    'tombstone' in record ? { key: record.tombstone, value: null } : { key: record.fingerprint, value: encode(record) },
  )
