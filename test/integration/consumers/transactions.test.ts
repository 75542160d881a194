import type { Producer } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectRecords, recordsOf } from '../../consumers/support.ts'
import { newClient, newLog, newPrefix } from './kafka-support.ts'

const prefix = newPrefix()
const topic = `${prefix}-transactions`
const log = newLog({}, { maxWaitMs: 200 })
const client = newClient()
const plain = client.producer({ allowAutoTopicCreation: false })
const transactional: Producer = client.producer({ transactionalId: `${prefix}-tx`, idempotent: true, maxInFlightRequests: 1 })
const values = (...all: readonly string[]) => ({ topic, messages: all.map(value => ({ key: 'k', value })) })

beforeAll(async () => {
  await log.ensureTopics([{ name: topic, partitions: 1, replicationFactor: 1, config: {} }], { create: true })
  await Promise.all([plain.connect(), transactional.connect()])
})
afterAll(() => Promise.all([log.close(), plain.disconnect(), transactional.disconnect()]))

describe('transactions on a real broker', () => {
  test('committed ones are read, aborted ones stepped over, an open one holds the reader back', async () => {
    const reader = await log.reader({ topic, partition: 0 })
    const read = async (offset: number) => {
      const fetched = expectRecords(await reader.fetch(offset))
      const found = recordsOf(fetched).map(record => `${record.offset} ${record.value}`)
      return {
        found,
        next: fetched.nextOffset(),
        stepped: fetched.steppedOver(),
        stable: fetched.lastStableOffset,
        high: fetched.highWatermark,
      }
    }

    // 0 plain | 1 2 committed, 3 its marker | 4 5 aborted, 6 its marker
    await plain.send(values('before'))
    const committed = await transactional.transaction()
    await committed.send(values('kept 1', 'kept 2'))
    await committed.commit()
    const aborted = await transactional.transaction()
    await aborted.send(values('lost 1', 'lost 2'))
    await aborted.abort()
    expect((await readTo(read, 0, 7)).found).toEqual(['0 before', '1 kept 1', '2 kept 2'])
    expect((await readTo(read, 0, 7)).stepped).toBe(4)
    expect(await readTo(read, 5, 7)).toMatchObject({ found: [], stepped: 2 })

    // 7 open | 8 plain, behind it
    const open = await transactional.transaction()
    await open.send(values('pending'))
    await plain.send(values('behind'))
    expect(await read(7)).toEqual({ found: [], next: 7, stepped: 0, stable: 7, high: 9 })
    expect(await reader.range()).toEqual({ lowOffset: 0, highOffset: 9, lastStableOffset: 7 })

    await open.abort()
    expect(await readTo(read, 7, 10)).toMatchObject({ found: ['8 behind'], stepped: 2 })
    await reader.close()
  })

  test('records and what was stepped over add up to the offsets', async () => {
    const { highOffset } = await (await log.reader({ topic, partition: 0 })).range()
    const reader = await log.reader({ topic, partition: 0 })
    for (let from = 0; from < highOffset; from++) {
      let sum = 0
      for (let offset = from; offset < highOffset; ) {
        const fetched = expectRecords(await reader.fetch(offset))
        sum += recordsOf(fetched).length + fetched.steppedOver()
        offset = fetched.nextOffset()
      }
      expect(sum).toBe(highOffset - from)
    }
    await reader.close()
  })
})

type Read = Readonly<{ found: readonly string[]; next: number; stepped: number }>

const readTo = async (read: (offset: number) => Promise<Read>, from: number, to: number) => {
  const found: string[] = []
  let stepped = 0
  for (let offset = from; offset < to; ) {
    const part = await read(offset)
    found.push(...part.found)
    stepped += part.stepped
    offset = part.next
  }
  return { found, stepped }
}
