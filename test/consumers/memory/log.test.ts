import { describe, expect, test } from 'vitest'
import { createMemoryLog } from '../../../src/consumers/memory/log.ts'
import { FETCH_MAX_BYTES } from '../contract/bench.ts'
import { logContract } from '../log-contract.ts'
import { expectRecords, plainRecords, readRange, recordsOf } from '../support.ts'

logContract('the log in memory', async () => {
  const log = createMemoryLog({ clock: () => 1_700_000_000_000, fetchMaxBytes: FETCH_MAX_BYTES })
  return {
    log,
    other: log.client(),
    prefix: 'contract',
    deleteRecords: async (at, beforeOffset) => log.deleteRecords(at, beforeOffset),
    deleteTopic: async name => log.deleteTopic(name),
    addPartitions: async (name, partitionCount) => log.addPartitions(name, partitionCount),
    close: () => log.close(),
  }
})

const TOPIC = 'events'

const newLog = async (
  partitions = 1,
  options: Readonly<{ maxWaitMs?: number; fetchMaxBytes?: number; defer?: (task: () => void) => void }> = {},
) => {
  let nowMs = 0
  const log = createMemoryLog({ clock: () => nowMs, ...options })
  await log.ensureTopics([{ name: TOPIC, partitions, config: {} }], { create: true })
  return {
    log,
    at: (ms: number) => {
      nowMs = ms
    },
  }
}

describe('the twin’s own promises', () => {
  test('with a virtual clock a waiting fetch is answered by wake, without records', async () => {
    const { log } = await newLog()
    const reader = await log.reader({ topic: TOPIC, partition: 0 })
    const waiting = reader.fetch(0)
    log.wake()
    const fetched = expectRecords(await waiting)
    expect([...fetched.blocks]).toEqual([])
    expect(fetched.nextOffset()).toBe(0)
    expect(fetched.fingerprint()).toBeUndefined()
  })

  test('with a real clock a waiting fetch is answered after maxWaitMs', async () => {
    const { log } = await newLog(1, { maxWaitMs: 1 })
    const reader = await log.reader({ topic: TOPIC, partition: 0 })
    expect(expectRecords(await reader.fetch(0)).nextOffset()).toBe(0)
  })

  test('records without a time have the clock’s', async () => {
    const { log, at } = await newLog()
    const writer = await log.writer()
    at(5)
    await writer.append(TOPIC, [{ key: 'k', value: null }])
    const reader = await log.reader({ topic: TOPIC, partition: 0 })
    expect((await readRange(reader, 0, 1))[0].timestampMs).toBe(5)
  })

  test('records without a key go to the partitions in turn', async () => {
    const { log } = await newLog(3)
    const writer = await log.writer()
    await writer.append(
      TOPIC,
      Array.from({ length: 7 }, () => ({ key: null, value: null })),
    )
    const ends = await Promise.all(
      [0, 1, 2].map(async partition => (await (await log.reader({ topic: TOPIC, partition })).range()).highOffset),
    )
    expect(ends).toEqual([3, 2, 2])
  })

  test('no fetch hands over more bytes than asked for, unless one record is more', async () => {
    const { log } = await newLog(1, { fetchMaxBytes: 1000 })
    const writer = await log.writer()
    const sizes = Array.from({ length: 500 }, (_, i) => (i % 97 === 0 ? 5000 : (i * 37) % 300))
    await writer.append(
      TOPIC,
      sizes.map(size => ({ key: null, value: Buffer.alloc(size) })),
    )
    const reader = await log.reader({ topic: TOPIC, partition: 0 })
    const seen: number[] = []
    for (let offset = 0; offset < 500; ) {
      const fetched = expectRecords(await reader.fetch(offset))
      const records = recordsOf(fetched)
      const bytes = records.reduce((sum, { value }) => sum + (value?.length ?? 0) + 1, 0)
      expect(bytes <= 1000 || records.length === 1).toBe(true)
      seen.push(...records.map(({ value }) => value?.length ?? 0))
      offset = fetched.nextOffset()
    }
    expect(seen).toEqual(sizes)
  })

  test('blocks are views of the log: nothing is copied, and later appends do not touch them', async () => {
    const { log } = await newLog()
    const writer = await log.writer()
    await writer.append(TOPIC, [{ key: 'a', value: Buffer.from('1') }])
    const reader = await log.reader({ topic: TOPIC, partition: 0 })
    const [block] = expectRecords(await reader.fetch(0)).blocks
    await writer.append(TOPIC, [{ key: 'b', value: Buffer.from('2') }])
    const [again] = expectRecords(await reader.fetch(1)).blocks
    expect(again.bytes).toBe(block.bytes)
    expect(plainRecords(block).map(record => record.value)).toEqual(['1'])
    expect(plainRecords(again).map(record => record.value)).toEqual(['2'])
  })

  test('an evicted member is told nothing, is refused, and comes back by its next heartbeat', async () => {
    const { log } = await newLog(2)
    const told: string[] = []
    const listener = (who: string) => ({
      onAssigned: (partitions: readonly number[], generation: number) => void told.push(`${who}: ${partitions} in ${generation}`),
      onRevoking: () => void told.push(`${who}: revoking`),
      onCrash: () => void told.push(`${who}: crash`),
    })
    const options = { groupId: 'g', topic: TOPIC, sessionTimeoutMs: 1000 }
    const [a, b] = [log.membership(options), log.membership(options)]
    await a.start(listener('a'))
    await b.start(listener('b'))
    log.evict(a)
    await b.freshHeartbeat()
    expect(told).toEqual(['a: 0,1 in 1', 'a: revoking', 'a: 0 in 2', 'b: 1 in 2', 'b: revoking', 'b: 0,1 in 3'])
    await expect(a.commitOffsets(new Map([[0, 1n]]))).rejects.toThrow(/refuses/)
    await a.freshHeartbeat()
    expect(told.slice(6)).toEqual(['b: revoking', 'b: 1 in 4', 'a: 0 in 4'])
  })

  test('an error in a listener is the member’s crash, not the group’s', async () => {
    const { log } = await newLog(1)
    const errors: string[] = []
    const membership = log.membership({ groupId: 'g', topic: TOPIC, sessionTimeoutMs: 1000 })
    await membership.start({
      onAssigned: () => {
        throw new Error('ours')
      },
      onRevoking: () => {},
      onCrash: error => void errors.push(error.message),
    })
    expect(errors).toEqual(['ours'])
  })

  test('a reader whose topic is deleted answers so, also when it waits; it reads the one that is made in its place', async () => {
    const { log } = await newLog(1)
    const writer = await log.writer()
    await writer.append(TOPIC, [{ key: 'a', value: Buffer.from('old') }])
    const reader = await log.reader({ topic: TOPIC, partition: 0 })
    const waiting = reader.fetch(1)
    log.deleteTopic(TOPIC)
    expect(await waiting).toEqual({ kind: 'unavailable', reason: `topic ${TOPIC} does not exist` })
    await log.ensureTopics([{ name: TOPIC, partitions: 1, config: {} }], { create: true })
    await writer.append(TOPIC, [{ key: 'a', value: Buffer.from('new') }])
    expect(recordsOf(expectRecords(await reader.fetch(0))).map(record => record.value)).toEqual(['new'])
  })

  test('group events run by the given scheduler', async () => {
    const tasks: (() => void)[] = []
    const { log } = await newLog(1, { defer: task => void tasks.push(task) })
    const assigned: number[] = []
    const membership = log.membership({ groupId: 'g', topic: TOPIC, sessionTimeoutMs: 1000 })
    const started = membership.start({
      onAssigned: partitions => void assigned.push(...partitions),
      onRevoking: () => {},
      onCrash: () => {},
    })
    expect(assigned).toEqual([])
    while (tasks.length > 0) tasks.shift()?.()
    await started
    expect(assigned).toEqual([0])
  })
})
