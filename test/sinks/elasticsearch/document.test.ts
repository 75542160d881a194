import { describe, expect, test } from 'vitest'
import { documentId, documentSource, encodeBulk, monthlyIndex } from '../../../src/sinks/elasticsearch/document.ts'

const address = { topic: 'predictions', partition: 3, offset: 12345678901, recordTimeMs: 1_700_000_000_000 }

describe('a document’s id', () => {
  test('is its place in the log', () => {
    expect(documentId(address, '')).toBe('predictions-3-12345678901')
  })

  test('differs between a topic and one of the same name that was deleted', () => {
    expect(documentId(address, 'Xk3')).toBe('predictions-Xk3-3-12345678901')
  })
})

describe('its index', () => {
  test.each([
    ['2023-11-30T23:59:59.999Z', 'events-2023.11'],
    ['2023-12-01T00:00:00.000Z', 'events-2023.12'],
    ['2000-01-01T00:00:00.000Z', 'events-2000.01'],
    ['2099-12-31T23:59:59.999Z', 'events-2099.12'],
  ])('is that of the month of the record’s time, UTC: %s', (time, index) => {
    expect(monthlyIndex('events', Date.parse(time))).toBe(index)
  })

  test.each([-1, 0, Date.UTC(2100, 0), 8.64e15 + 1, Number.NaN])('is one for all times that cannot be: %d', time => {
    expect(monthlyIndex('events', time)).toBe('events-undated')
  })
})

describe('its source', () => {
  test('is the event and where it stands', () => {
    expect(JSON.parse(documentSource('{"id":"a","features":{"x":1.5}}', address))).toEqual({
      id: 'a',
      features: { x: 1.5 },
      tidemark: { topic: 'predictions', partition: 3, offset: 12345678901, recordTime: 1_700_000_000_000 },
    })
  })

  test('of an event without fields is where it stands', () => {
    expect(Object.keys(JSON.parse(documentSource('{}', address)))).toEqual(['tidemark'])
  })
})

test('a bulk body is an action and a source a line each, and ends with a line’s end', () => {
  const body = encodeBulk([
    { index: 'i', id: 'a"b', source: '{"x":"é"}' },
    { index: 'i', id: 'c', source: '{}' },
  ])
  expect(body.toString()).toBe('{"create":{"_index":"i","_id":"a\\"b"}}\n{"x":"é"}\n{"create":{"_index":"i","_id":"c"}}\n{}\n')
})
