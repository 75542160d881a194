import { expect, test } from 'vitest'
import { codecs } from '../../../src/events/avro/codec.ts'
import { unframe } from '../../../src/events/avro/frame.ts'
import { createTopicEncoder } from '../../../src/events/avro/topic-encoder.ts'
import { createMemoryRegistry } from '../../../src/events/registry.ts'
import { alertRecords, windowKey, windowResultRecords } from '../../../src/sinks/topics/records.ts'
import { measure, notEnoughData } from '../../../src/windows/measure.ts'
import { alert, windowResult } from '../support.ts'

const encode = (value: unknown) => Buffer.from(JSON.stringify(value))

test('a window result is keyed by its series and its window’s name, so that revisions and repeats stay in one partition, in order', () => {
  const results = [
    windowResult({ segment: { context: 'home', market: 'de' } }),
    windowResult({ segment: { context: 'home', market: 'de' }, revision: 1 }),
  ]
  const records = windowResultRecords(results, encode)
  expect(records.map(record => record.key)).toEqual(Array(2).fill('["m","*","context","home","market","de"]1m'))
  expect(records.map(record => record.value)).toEqual(results.map(encode))
})

test('no two of series and window share a key', () => {
  const keys = [
    windowResult({ window: 'a' }),
    windowResult({ window: 'b' }),
    windowResult({ version: 'v1', window: 'a' }),
    windowResult({ segment: { a: 'b' }, window: 'a' }),
    windowResult({ model: 'm","*', window: 'a' }),
    windowResult({ window: ']a' }),
  ].map(windowKey)
  expect(new Set(keys).size).toBe(keys.length)
})

test('the same results give the same records, without a clock', () => {
  const results = [windowResult(), windowResult({ window: '1h' })]
  expect(windowResultRecords(results, encode)).toEqual(windowResultRecords(results, encode))
  expect(windowResultRecords(results, encode).every(record => record.timestampMs === undefined)).toBe(true)
})

test('an alert is keyed by its fingerprint; a tombstone removes it', () => {
  expect(alertRecords([alert({ fingerprint: 'f9' })], encode)).toEqual([
    { key: 'f9', value: encode(alert({ fingerprint: 'f9' })) },
  ])
  expect(alertRecords([{ tombstone: 'f9', endMs: 0 }], encode)).toEqual([{ key: 'f9', value: null }])
})

test('what is written can be read back by the schema that the registry has under the topic’s subject', async () => {
  const schemas = createMemoryRegistry()
  const results = [
    windowResult({ measures: [notEnoughData('psi', 'temp', 3), measure('error_ratio', '', 0.1, 9)] }),
    windowResult(),
  ]
  const records = windowResultRecords(results, await createTopicEncoder('windowResult', 'windows', schemas))
  const [sent] = alertRecords([alert()], await createTopicEncoder('alert', 'alerts', schemas))
  const payloadOf = (value: Buffer | null) => unframe(value ?? Buffer.alloc(0))?.payload ?? Buffer.alloc(0)
  expect(records.map(({ value }) => codecs.windowResult.decode(payloadOf(value)))).toEqual(results)
  expect(codecs.alert.decode(payloadOf(sent.value))).toEqual(alert())
  expect(await schemas.writerSchema(unframe(sent.value ?? Buffer.alloc(0))?.schemaId ?? 0)).toContain('"Alert"')
})
