import type { Kafka, RetryOptions } from 'kafkajs'
import { afterEach, describe, expect, test } from 'vitest'
import { startKafka } from '../../../scripts/stack.d/index.mjs'
import { createClient } from '../../../src/consumers/kafka/client.ts'
import { createBrokers } from '../../../src/consumers/kafka/connection.ts'
import { openFencedWriter } from '../../../src/consumers/kafka/fenced-writer.ts'
import type { Log, PartitionReader } from '../../../src/consumers/log.ts'
import { recordsOf, watched } from '../../consumers/support.ts'
import { kafkaConfig, newLog, silent } from './kafka-support.ts'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

const cluster = async (brokers: number) => {
  const kafka = await startKafka({
    brokers,
    heapMb: 256,
    config: { 'leader.imbalance.check.interval.seconds': 1, 'broker.session.timeout.ms': 4000 },
  })
  undo.push(kafka.stop)
  return kafka
}

const topic = 'faults'
const IMPATIENT: RetryOptions = { initialRetryTime: 100, retries: 4 }

const logOn = async (addresses: readonly string[], retry?: RetryOptions): Promise<Log> => {
  const log = newLog({ brokers: addresses }, { maxWaitMs: 200, retry })
  undo.push(log.close)
  const replicationFactor = addresses.length
  expect(await log.ensureTopics([{ name: topic, partitions: 1, replicationFactor, config: {} }], { create: true })).toEqual([])
  return log
}

const numbered = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ({ key: null, value: Buffer.from(`${from + i}`) }))

/** Reads on until `to`, trying again while the partition is unavailable; the answers that were not records. */
const readOn = async (reader: PartitionReader, from: number, to: number) => {
  const values: string[] = []
  const trouble: string[] = []
  for (let offset = from; offset < to; ) {
    const fetched = await reader.fetch(offset)
    if (fetched.kind === 'records') {
      values.push(...recordsOf(fetched).map(record => record.value ?? ''))
      offset = fetched.nextOffset()
    } else trouble.push(fetched.kind === 'unavailable' ? fetched.reason : fetched.kind)
  }
  return { values, trouble }
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `${from + i}`)

const kafkaClient = (brokers: readonly string[]): Kafka => createClient(kafkaConfig({ brokers }), silent, IMPATIENT)

/** The client as it is, but the server dies before the first commit of a transaction. */
const killingBeforeCommit = (client: Kafka, server: Readonly<{ kill(): Promise<void> }>): Kafka => {
  const producer: Kafka['producer'] = options => {
    const real = client.producer(options)
    const transaction = async () => {
      const begun = await real.transaction()
      const commit = async () => {
        await server.kill()
        await begun.commit()
      }
      return { ...begun, commit }
    }
    return { ...real, transaction }
  }
  return Object.assign(Object.create(client), { producer })
}

// Four servers are started, and started again: minutes on a busy machine.
describe('when brokers fail', { timeout: 400_000 }, () => {
  test('the only one killed: everything says so; started again: everything goes on', async () => {
    const kafka = await cluster(1)
    const log = await logOn(kafka.addresses, IMPATIENT)
    const writer = await log.writer()
    const reader = await log.reader({ topic, partition: 0 })
    const { until, change } = watched()
    const told: string[] = []
    const membership = log.membership({ groupId: 'faults', topic, sessionTimeoutMs: 3000 })
    const note = (line: string) => {
      told.push(line)
      change()
    }
    await membership.start({
      onAssigned: partitions => note(`assigned ${partitions}`),
      onRevoking: () => note('revoking'),
      onCrash: error => note(`crash ${error.message}`),
    })
    undo.push(membership.stop)
    const fenced = await log.fencedWriter('faults')
    await writer.append(topic, numbered(0, 9))
    expect(await fenced.append(topic, numbered(9, 10))).toEqual({ kind: 'ok' })
    expect((await readOn(reader, 0, 10)).values).toEqual(numbers(0, 10))

    const waiting = reader.fetch(11)
    await kafka.nodes[0].kill()
    expect(await waiting).toMatchObject({
      kind: 'unavailable',
      reason: expect.stringMatching(/faults-0 cannot be read: no broker of .* can be reached/),
    })
    expect(await log.health()).toMatchObject({ kind: 'down', reason: expect.stringContaining('ECONNREFUSED') })
    await Promise.all([
      expect(writer.append(topic, numbered(10, 20))).rejects.toThrow(/10 records cannot be appended to topic faults/),
      expect(fenced.append(topic, numbered(66, 67))).rejects.toThrow(/1 records cannot be appended/),
    ])

    await kafka.restart(0)
    await writer.append(topic, numbered(10, 20))
    // It could not even begin its transaction: the same writer may go on.
    expect(await fenced.append(topic, numbered(20, 21))).toEqual({ kind: 'ok' })
    const { lastStableOffset } = await reader.range()
    expect((await readOn(reader, 0, lastStableOffset)).values).toEqual(numbers(0, 21))
    expect(await log.health()).toEqual({ kind: 'ok' })
    await membership.freshHeartbeat()
    await until(() => told.at(-1) === 'assigned 0')
    expect(told.filter(line => line.startsWith('crash'))).toEqual([])

    // Killed between a transaction's records and its commit, nobody knows what became of it: that writer is used no more.
    const doubtful = await openFencedWriter(
      killingBeforeCommit(kafkaClient(kafka.addresses), kafka.nodes[0]),
      async (_, records) => records.map(() => 0),
      'doubtful',
    )
    await expect(doubtful.append(topic, numbered(66, 67))).rejects.toThrow(/1 records cannot be appended/)
    await kafka.restart(0)
    await expect(doubtful.append(topic, numbered(66, 67))).rejects.toThrow(/open another/)
    const another = await log.fencedWriter('doubtful')
    expect(await another.append(topic, numbered(21, 22))).toEqual({ kind: 'ok' })
    expect((await readOn(reader, 0, (await reader.range()).lastStableOffset)).values).toEqual(numbers(0, 22))
    await doubtful.close()
  })

  test('a leader killed, and leading again later: readers and writers follow it', async () => {
    const kafka = await cluster(3)
    const log = await logOn(kafka.addresses)
    const brokers = createBrokers(kafkaConfig({ brokers: kafka.addresses }), silent)
    undo.push(async () => brokers.close())
    const leaderPort = async () => (await brokers.leaders(topic))[0]?.port
    const writer = await log.writer()
    const reader = await log.reader({ topic, partition: 0 })
    await writer.append(topic, numbered(0, 100))
    expect((await readOn(reader, 0, 100)).values).toEqual(numbers(0, 100))

    const first = await leaderPort()
    const index = kafka.nodes.findIndex(node => node.port === first)
    await kafka.nodes[index].kill()
    await writer.append(topic, numbered(100, 200))
    expect((await readOn(reader, 100, 200)).values).toEqual(numbers(100, 200))
    expect(await leaderPort()).not.toBe(first)

    // The one that was preferred leads again a second after it is back, while the reader asks the other.
    await kafka.restart(index)
    let offset = 200
    while ((await leaderPort()) !== first) {
      const { trouble } = await readOn(reader, offset, offset)
      expect(trouble).toEqual([])
      await reader.fetch(offset)
    }
    await writer.append(topic, numbered(200, 300))
    const { values } = await readOn(reader, offset, 300)
    offset += values.length
    expect(values).toEqual(numbers(200, 300))
    expect((await readOn(reader, 0, 300)).values).toEqual(numbers(0, 300))
  })

  test('a leader killed while appends go to all brokers: what was acknowledged is there', async () => {
    const PARTITIONS = 6
    const RECORDS = 60
    const kafka = await cluster(3)
    const log = await logOn(kafka.addresses)
    const spread = { name: 'spread', partitions: PARTITIONS, replicationFactor: 3, config: {} }
    expect(await log.ensureTopics([spread], { create: true })).toEqual([])
    const writer = await log.writer()
    let acknowledged = 0
    const append = async (): Promise<void> => {
      await writer.append('spread', numbered(acknowledged, acknowledged + RECORDS))
      acknowledged += RECORDS
    }
    for (const victim of [0, 1, 2]) {
      for (let i = 0; i < 20; i++) await append()
      const killed = kafka.nodes[victim].kill()
      // some of these meet the dying broker, some the election of its successors
      for (let i = 0; i < 20; i++) await append()
      await killed
      await kafka.restart(victim)
    }
    const found = new Set<string>()
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const reader = await log.reader({ topic: 'spread', partition })
      for (const value of (await readOn(reader, 0, (await reader.range()).highOffset)).values) found.add(value)
    }
    expect(numbers(0, acknowledged).filter(value => !found.has(value))).toEqual([])
  })
})
