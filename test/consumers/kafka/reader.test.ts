import { describe, expect, test } from 'vitest'
import type { Address, Brokers, FetchRequest, Line } from '../../../src/consumers/kafka/connection.ts'
import { createPartitionReader } from '../../../src/consumers/kafka/reader.ts'
import type { RecordBlock } from '../../../src/consumers/record-block.ts'
import { expectRecords, plainRecords, recordsOf } from '../support.ts'
import { encodeAnswer, encodeBatch, encodeBatchOf, simpleBatch, type TestAnswer } from './encode.ts'

const AT = { topic: 't', partition: 1 }

type Answer = Partial<TestAnswer> | Buffer | Error | 'never'

/** Brokers that answer fetches as the script says, in turn, and note what is asked of them. */
const scripted = (
  script: readonly Answer[],
  options: Readonly<{ leaders?: readonly (Address | undefined | Error)[]; low?: number; high?: number }> = {},
) => {
  const { leaders = [{ host: 'one', port: 1 }], low = 0, high = 100 } = options
  const asked: string[] = []
  const requests: FetchRequest[] = []
  let answered = 0
  let lookups = 0
  const line = (host: string): Line => {
    let fail = (_error: Error) => {}
    return {
      fetch(request) {
        requests.push(request)
        asked.push(`fetch ${request.offset} from ${host}`)
        const answer = script[answered++]
        if (answer === undefined) throw new Error('the script is over')
        if (answer instanceof Error) return Promise.reject(answer)
        if (answer === 'never') {
          return new Promise((_resolve, reject) => {
            fail = reject
          })
        }
        return Promise.resolve(Buffer.isBuffer(answer) ? answer : encodeAnswer({ ...AT, ...answer }))
      },
      offsetAt: async (_topic, _partition, timeMs) => (timeMs === -2 ? low : timeMs === -1 ? high : undefined),
      close: () => {
        asked.push(`close ${host}`)
        fail(new Error('the connection was closed'))
      },
    }
  }
  const brokers: Brokers = {
    leaders: async () => {
      const leader = leaders[Math.min(lookups++, leaders.length - 1)]
      if (leader instanceof Error) throw leader
      return [undefined, leader]
    },
    topicId: async () => null,
    connect: async ({ host }) => line(host),
    isKnownEverywhere: async () => true,
    ping: async () => {},
    close: () => {},
  }
  return { brokers, asked, requests }
}

const readerOf = (brokers: Brokers, retries = 3, memory: 'lent' | 'own' = 'lent') =>
  createPartitionReader(brokers, AT, {
    memory,
    fetchMaxBytes: 1000,
    maxWaitMs: 7,
    retryDelaysMs: Array.from({ length: retries }, () => 1),
  })

const records = (from: number, count: number): Answer => ({
  records: encodeBatch(simpleBatch(from, count)),
  highWatermark: from + count,
})

describe('a partition reader', () => {
  test('asks for committed records only, within its bounds', async () => {
    const { brokers, requests } = scripted([records(0, 3)])
    expect(recordsOf(expectRecords(await readerOf(brokers).fetch(0)))).toHaveLength(3)
    expect(requests).toEqual([{ ...AT, offset: 0, maxBytes: 1000, maxWaitMs: 7, isolation: 'read_committed' }])
  })

  test('holds nothing of an answer that was iterated, whole or in part, where memory is not kept', async () => {
    const { brokers } = scripted([records(0, 3), records(3, 3)])
    const reader = readerOf(brokers, 0, 'own')
    const blocks: RecordBlock[] = []
    for (const offset of [0, 3]) {
      for (const block of expectRecords(await reader.fetch(offset)).blocks) {
        expect(block.count).toBe(3)
        blocks.push(block)
        if (offset === 3) break
      }
    }
    expect(blocks.map(({ bytes, count }) => [bytes.length, count])).toEqual([
      [0, 0],
      [0, 0],
    ])
    const kept = expectRecords(await readerOf(scripted([records(0, 3)]).brokers).fetch(0))
    const [block] = kept.blocks
    expect(block.bytes.length).toBeGreaterThan(0)
  })

  test('keeps its connection', async () => {
    const { brokers, asked } = scripted([records(0, 1), records(1, 1)])
    const reader = readerOf(brokers)
    await reader.fetch(0)
    await reader.fetch(1)
    expect(asked).toEqual(['fetch 0 from one', 'fetch 1 from one'])
  })

  test.each([
    ['NOT_LEADER_OR_FOLLOWER', 6],
    ['FENCED_LEADER_EPOCH', 74],
    ['UNKNOWN_LEADER_EPOCH', 75],
    ['UNKNOWN_TOPIC_OR_PARTITION', 3],
    ['LEADER_NOT_AVAILABLE', 5],
    ['KAFKA_STORAGE_ERROR', 56],
    ['OFFSET_NOT_AVAILABLE', 78],
  ])('on %s it looks for the leader again, and tells the reason when that does not help', async (name, errorCode) => {
    const moved = scripted([{ errorCode }, records(5, 1)], {
      leaders: [
        { host: 'old', port: 1 },
        { host: 'new', port: 1 },
      ],
    })
    expectRecords(await readerOf(moved.brokers).fetch(5))
    expect(moved.asked).toEqual(['fetch 5 from old', 'close old', 'fetch 5 from new'])

    const stuck = scripted(Array.from({ length: 4 }, () => ({ errorCode })))
    expect(await readerOf(stuck.brokers).fetch(5)).toEqual({ kind: 'unavailable', reason: `t-1 cannot be read: ${name}` })
    expect(stuck.asked.filter(line => line.startsWith('fetch'))).toHaveLength(4)
  })

  test('after a broken connection it opens another', async () => {
    const { brokers, asked } = scripted([new Error('Closed connection'), records(5, 1)])
    expectRecords(await readerOf(brokers).fetch(5))
    expect(asked).toEqual(['fetch 5 from one', 'close one', 'fetch 5 from one'])
  })

  test('without a leader, or with no broker to ask, it says so', async () => {
    const leaderless = scripted([], { leaders: [undefined] })
    expect(await readerOf(leaderless.brokers).fetch(0)).toEqual({
      kind: 'unavailable',
      reason: 't-1 cannot be read: t-1 has no leader',
    })
    const down = scripted([], { leaders: [new Error('no broker of kafka:9092 can be reached: ECONNREFUSED')] })
    expect(await readerOf(down.brokers).fetch(0)).toMatchObject({
      kind: 'unavailable',
      reason: expect.stringMatching(/no broker of kafka:9092/),
    })
    await expect(readerOf(down.brokers).range()).rejects.toThrow(/t-1 cannot be read: no broker/)
  })

  test('a malformed answer is tried again', async () => {
    const { brokers } = scripted([Buffer.alloc(12), records(0, 1)])
    expectRecords(await readerOf(brokers).fetch(0))
  })

  test('what retrying does not cure is told at once', async () => {
    const { brokers, asked } = scripted([{ errorCode: 29 }])
    expect(await readerOf(brokers).fetch(0)).toEqual({
      kind: 'unavailable',
      reason: 't-1 cannot be read: TOPIC_AUTHORIZATION_FAILED',
    })
    expect(asked).toEqual(['fetch 0 from one'])
  })

  test('an offset out of range is answered with the range', async () => {
    const { brokers } = scripted([{ errorCode: 1 }], { low: 10, high: 20 })
    expect(await readerOf(brokers).fetch(5)).toEqual({ kind: 'out-of-range', lowOffset: 10, highOffset: 20 })
  })

  test('one that is in range after all (a follower that became leader, a race) is asked for again', async () => {
    const { brokers } = scripted([{ errorCode: 1 }, records(15, 1)], { low: 10, high: 20 })
    expectRecords(await readerOf(brokers).fetch(15))
  })

  test('corrupt as the broker says, and corrupt as the CRC says', async () => {
    expect(await readerOf(scripted([{ errorCode: 2 }]).brokers).fetch(5)).toMatchObject({ kind: 'corrupt', offset: 5 })
    const bytes = encodeBatch(simpleBatch(5, 2))
    bytes[bytes.length - 1] ^= 1
    const { brokers } = scripted([{ records: bytes }])
    expect(await readerOf(brokers).fetch(5)).toMatchObject({ kind: 'corrupt', offset: 5, reason: expect.stringContaining('CRC') })
  })

  test('good batches before a corrupt one come first', async () => {
    const bad = encodeBatch(simpleBatch(2, 2))
    bad[bad.length - 1] ^= 1
    const { brokers } = scripted([{ records: Buffer.concat([encodeBatch(simpleBatch(0, 2)), bad]) }, { records: bad }])
    const reader = readerOf(brokers)
    const first = expectRecords(await reader.fetch(0))
    expect(recordsOf(first)).toHaveLength(2)
    expect(first.nextOffset()).toBe(2)
    expect(await reader.fetch(2)).toMatchObject({ kind: 'corrupt', offset: 2 })
  })

  test('a batch that proves undecodable while folding: nextOffset comes back, and the fetch there says corrupt', async () => {
    const bad = encodeBatchOf({ baseOffset: 2, lastOffsetDelta: 1, codec: 'gzip' }, 2, Buffer.from('no gzip'))
    const { brokers } = scripted([{ records: Buffer.concat([encodeBatch(simpleBatch(0, 2)), bad]) }, records(4, 1)])
    const reader = readerOf(brokers)
    const fetched = expectRecords(await reader.fetch(0))
    expect(fetched.nextOffset()).toBe(4)
    const ahead = reader.fetch(fetched.nextOffset())
    expect(recordsOf(fetched)).toHaveLength(2)
    expect(fetched.nextOffset()).toBe(2)
    await ahead
    expect(await reader.fetch(2)).toMatchObject({ kind: 'corrupt', offset: 2, reason: expect.stringMatching(/gzip data/) })
  })

  test('an answer’s last block stays while the next answer is read, and is reused by the one after', async () => {
    const { brokers } = scripted([records(0, 3), records(3, 3), records(6, 3)])
    const reader = readerOf(brokers)
    const [first, second, third] = [await reader.fetch(0), await reader.fetch(3), await reader.fetch(6)].map(expectRecords)
    const [one] = first.blocks
    const [two] = second.blocks
    expect([...plainRecords(one), ...plainRecords(two)].map(record => record.offset)).toEqual([0, 1, 2, 3, 4, 5])
    const [three] = third.blocks
    expect(three).toBe(one)
    expect(plainRecords(two).map(record => record.offset)).toEqual([3, 4, 5])
  })

  test('the fingerprint of a batch is asked for by itself, with no wait and little data', async () => {
    const bytes = encodeBatch(simpleBatch(5, 3))
    const { brokers, requests } = scripted([{ records: bytes }, {}, { errorCode: 1 }])
    const reader = readerOf(brokers)
    expect(await reader.fingerprintAt(7)).toEqual({ baseOffset: 5n, crc: bytes.readUInt32BE(17) })
    expect(requests).toEqual([{ ...AT, offset: 7, maxBytes: 1, maxWaitMs: 0, isolation: 'read_uncommitted' }])
    expect(await reader.fingerprintAt(8)).toBeUndefined()
    expect(await reader.fingerprintAt(1000)).toBeUndefined()
  })

  test('where compaction left a gap, an offset has no fingerprint', async () => {
    const { brokers } = scripted([{ records: encodeBatch(simpleBatch(9, 3)) }])
    expect(await readerOf(brokers).fingerprintAt(7)).toBeUndefined()
  })

  test('an offset by time that is not there is the log’s end', async () => {
    expect(await readerOf(scripted([], { high: 77 }).brokers).offsetAt(123)).toBe(77)
  })

  test('closing answers a fetch that waits, and closes the connection; later fetches connect no more', async () => {
    const { brokers, asked } = scripted(['never'])
    const reader = readerOf(brokers)
    const waiting = reader.fetch(0)
    while (asked.length === 0) await Promise.resolve()
    await reader.close()
    expect(await waiting).toEqual({ kind: 'unavailable', reason: 'the reader was closed' })
    expect(await reader.fetch(0)).toMatchObject({ kind: 'unavailable' })
    expect(asked).toEqual(['fetch 0 from one', 'close one'])
  })

  test('closing answers a fetch that is still looking for a broker', async () => {
    const { brokers } = scripted([])
    const reader = readerOf({ ...brokers, connect: () => new Promise(() => {}) })
    const waiting = reader.fetch(0)
    await reader.close()
    expect(await waiting).toEqual({ kind: 'unavailable', reason: 'the reader was closed' })
  })
})
