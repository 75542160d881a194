import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createBrokers } from '../../../src/consumers/kafka/connection.ts'
import { createPartitionReader } from '../../../src/consumers/kafka/reader.ts'
import { expectRecords, readRange, recordsOf } from '../../consumers/support.ts'
import { kafkaConfig, newClient, newLog, newPrefix, silent } from './kafka-support.ts'

const prefix = newPrefix()
const topic = `${prefix}-reader`
const LONG_WAIT_MS = 100_000
const log = newLog({ fetchMaxBytes: 1 }, { maxWaitMs: LONG_WAIT_MS })

beforeAll(async () => {
  await log.ensureTopics([{ name: topic, partitions: 2, replicationFactor: 1, config: {} }], { create: true })
})
afterAll(() => log.close())

describe('readers of one process', () => {
  test('an idle partition does not delay a busy one: its long poll is still waiting when the other has read it all', async () => {
    const writer = await log.writer()
    for (let i = 0; i < 30; i++) await writer.append(topic, [{ key: null, value: Buffer.from(`${i}`), partition: 1 }])
    const [idle, busy] = [await log.reader({ topic, partition: 0 }), await log.reader({ topic, partition: 1 })]
    const order: string[] = []
    const waiting = idle.fetch(0).then(fetched => {
      order.push('idle')
      return fetched
    })
    let fetches = 0
    for (let offset = 0; offset < 30; fetches++) {
      const fetched = expectRecords(await busy.fetch(offset))
      expect(recordsOf(fetched)).toHaveLength(1)
      offset = fetched.nextOffset()
    }
    order.push('busy')
    expect(fetches).toBe(30)
    await writer.append(topic, [{ key: null, value: Buffer.from('at last'), partition: 0 }])
    expect(recordsOf(expectRecords(await waiting)).map(record => record.value)).toEqual(['at last'])
    expect(order).toEqual(['busy', 'idle'])
    await Promise.all([idle.close(), busy.close(), writer.close()])
  })

  test('a partition that does not exist is refused by name', async () => {
    await expect(log.reader({ topic, partition: 2 })).rejects.toThrow(`topic ${topic} has 2 partitions, no partition 2`)
  })

  test('opened while no broker answers, a reader says so with every fetch', async () => {
    const lost = newLog({ brokers: ['127.0.0.1:1'] })
    const reader = await lost.reader({ topic, partition: 0 })
    expect(await reader.fetch(0)).toMatchObject({
      kind: 'unavailable',
      reason: expect.stringMatching(/no broker of 127.0.0.1:1 can be reached: .*ECONNREFUSED/),
    })
    expect(await lost.health()).toMatchObject({ kind: 'down' })
    await lost.close()
  })

  test('a topic that is deleted while it is read becomes unavailable, with the reason', async () => {
    const name = `${prefix}-deleted`
    const admin = newClient().admin()
    await admin.connect()
    await log.ensureTopics([{ name, partitions: 1, replicationFactor: 1, config: {} }], { create: true })
    const brokers = createBrokers(kafkaConfig(), silent)
    const reader = createPartitionReader(
      brokers,
      { topic: name, partition: 0 },
      { fetchMaxBytes: 1, maxWaitMs: 10, retryDelaysMs: [1, 1] },
    )
    expect(expectRecords(await reader.fetch(0)).nextOffset()).toBe(0)
    await admin.deleteTopics({ topics: [name] })
    let last = await reader.fetch(0)
    while (last.kind === 'records') last = await reader.fetch(0)
    expect(last).toMatchObject({ kind: 'unavailable', reason: expect.stringContaining(name) })
    await Promise.all([reader.close(), admin.disconnect()])
    brokers.close()
  })

  test('a hundred readers share nothing but the broker', async () => {
    const many = await Promise.all(Array.from({ length: 100 }, () => log.reader({ topic, partition: 1 })))
    const all = await Promise.all(many.map(reader => readRange(reader, 0, 30)))
    for (const records of all) expect(records.map(record => record.value)).toEqual(Array.from({ length: 30 }, (_, i) => `${i}`))
    await Promise.all(many.map(reader => reader.close()))
  })
})
