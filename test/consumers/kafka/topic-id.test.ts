import { expect, test } from 'vitest'
import { encodeTopicRequest, readTopicAnswer } from '../../../src/consumers/kafka/topic-id.ts'

const ID = Buffer.from('00112233445566778899aabbccddeeff', 'hex')
const compact = (text: string | null): Buffer =>
  text === null ? Buffer.from([0]) : Buffer.concat([Buffer.from([text.length + 1]), Buffer.from(text)])
const int = (value: number, bytes: 2 | 4): Buffer => {
  const buffer = Buffer.alloc(bytes)
  buffer.writeIntBE(value, 0, bytes)
  return buffer
}
const TAGS = Buffer.from([1, 7, 2, 0xab, 0xcd]) // one tagged field: number 7, two bytes

const answer = ({ error = 0, id = ID, rack = null as string | null, brokers = 1, topics = 1 }) =>
  Buffer.concat([
    TAGS,
    int(0, 4),
    Buffer.from([brokers + 1]),
    ...Array.from({ length: brokers }, (_, node) =>
      Buffer.concat([int(node, 4), compact(`host-${node}`), int(9092, 4), compact(rack), TAGS]),
    ),
    compact('cluster'),
    int(0, 4),
    Buffer.from([topics + 1]),
    int(error, 2),
    compact('predictions'),
    id,
  ])

test.each([{}, { brokers: 3, rack: 'eu-1a' }, { brokers: 0 }])('the id stands behind brokers however many: %j', given => {
  expect(readTopicAnswer(answer(given))).toEqual({ errorCode: 0, topicId: 'ABEiM0RVZneImaq7zN3u_w' })
})

test('an error is named by its code; an id of zeros is none', () => {
  expect(readTopicAnswer(answer({ error: 3, id: Buffer.alloc(16) }))).toEqual({ errorCode: 3, topicId: null })
})

test('an answer that is cut off anywhere, or without a topic, is an error', () => {
  const whole = answer({})
  for (let length = 0; length < whole.length; length++) expect(() => readTopicAnswer(whole.subarray(0, length))).toThrow()
  expect(() => readTopicAnswer(answer({ topics: 0 }))).toThrow('says nothing about the topic')
})

test('the request names the topic by its name, and makes none', () => {
  expect(encodeTopicRequest('ab').toString('hex')).toBe(`0002${'00'.repeat(16)}03616200000000`)
  const long = 'x'.repeat(249)
  expect(encodeTopicRequest(long).toString('latin1')).toContain(`\xfa\x01${long}`)
})
