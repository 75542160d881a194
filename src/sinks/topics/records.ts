import type { OutgoingRecord } from '../../consumers/log.ts'
import type { Alert } from '../../windows/alert.ts'
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

/** Alerts as records, in order; the topic is compacted by fingerprint, so its state is the list of what is firing. */
export const alertRecords = (alerts: readonly Alert[], encode: Encode<Alert>): readonly OutgoingRecord[] =>
  alerts.map(alert => ({ key: alert.fingerprint, value: encode(alert) }))

/** Removes fingerprints from a compacted topic, once what they resolved is past its retention. */
export const tombstones = (fingerprints: readonly string[]): readonly OutgoingRecord[] =>
  fingerprints.map(fingerprint => ({ key: fingerprint, value: null }))
