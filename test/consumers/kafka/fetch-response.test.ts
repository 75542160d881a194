import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readFetchResponse } from '../../../src/consumers/kafka/fetch-response.ts'
import { encodeAnswer } from './encode.ts'

const at = { topic: 'predictions', partition: 3 }

describe('the answer to a fetch', () => {
  test('tells the ends of the log, the aborted transactions, and where the records are', () => {
    const records = Buffer.from('records')
    const aborted = [
      { producerId: 2n ** 50n, firstOffset: 2 ** 45 },
      { producerId: 1n, firstOffset: 0 },
    ]
    const answer = encodeAnswer({ ...at, highWatermark: 2 ** 40 + 5, lastStableOffset: 2 ** 40, aborted, records })
    const fetched = readFetchResponse(answer, at.topic, at.partition)
    expect(fetched).toMatchObject({
      errorCode: 0,
      highWatermark: 2 ** 40 + 5,
      lastStableOffset: 2 ** 40,
      logStartOffset: 0,
      aborted,
    })
    expect(answer.toString('latin1', fetched?.recordsStart, fetched?.recordsEnd)).toBe('records')
  })

  test('without aborted transactions or records is one too', () => {
    expect(readFetchResponse(encodeAnswer(at), at.topic, at.partition)).toMatchObject({ errorCode: 0, aborted: [] })
    const nullRecords = encodeAnswer(at)
    nullRecords.writeInt32BE(-1, nullRecords.length - 4)
    expect(readFetchResponse(nullRecords, at.topic, at.partition)).toMatchObject({ errorCode: 0 })
  })

  test('may be an error, of the partition or of all', () => {
    expect(readFetchResponse(encodeAnswer({ ...at, errorCode: 6 }), at.topic, at.partition)?.errorCode).toBe(6)
    const answer = encodeAnswer(at)
    answer.writeInt16BE(-1, 4)
    expect(readFetchResponse(answer.subarray(0, 10), at.topic, at.partition)?.errorCode).toBe(-1)
  })

  test('about another topic or partition is none', () => {
    expect(readFetchResponse(encodeAnswer({ ...at, topic: 'predictionz' }), at.topic, at.partition)).toBeUndefined()
    expect(readFetchResponse(encodeAnswer({ ...at, topic: 'pred' }), at.topic, at.partition)).toBeUndefined()
    expect(readFetchResponse(encodeAnswer({ ...at, partition: 4 }), at.topic, at.partition)).toBeUndefined()
  })

  test('cut off anywhere is none', () => {
    const answer = encodeAnswer({ ...at, aborted: [{ producerId: 1n, firstOffset: 2 }], records: Buffer.from('records') })
    for (let cut = 0; cut < answer.length; cut++)
      expect(readFetchResponse(answer.subarray(0, cut), at.topic, at.partition)).toBeUndefined()
  })

  test('whose counts and sizes are wrong does not throw', () => {
    const answer = encodeAnswer({ ...at, aborted: [{ producerId: 1n, firstOffset: 2 }], records: Buffer.from('records') })
    fc.assert(
      fc.property(fc.nat(answer.length - 1), fc.integer({ min: 0, max: 255 }), (i, byte) => {
        const bytes = Buffer.from(answer)
        bytes[i] = byte
        const fetched = readFetchResponse(bytes, at.topic, at.partition)
        if (fetched !== undefined) expect(fetched.recordsEnd).toBeLessThanOrEqual(bytes.length)
      }),
    )
  })
})
