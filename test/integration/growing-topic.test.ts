import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startFleet } from '../chaos/fleet.ts'
import { startLoad } from '../chaos/load.ts'
import { type Expected, recompute } from '../chaos/oracle.ts'
import { ledgerOf } from '../chaos/run.ts'
import { readPredictions, readTopic } from '../chaos/topics.ts'
import { compareWindows, onePerId } from '../chaos/verdict.ts'
import { startWorld, type World } from '../chaos/world.ts'
import { stack } from '../support/stack.ts'
import { eventually } from '../support/tidemark-process.ts'

const BEFORE = 4
const AFTER = 7

let world: World
beforeAll(async () => {
  const { registryUrl, elasticsearchUrl } = stack()
  world = await startWorld({ brokers: 1, partitions: BEFORE, redisCluster: false, registryUrl, elasticsearchUrl })
})
afterAll(() => world.close())

type Result = Readonly<Record<string, unknown>>
const endOf = (result: Result): number => new Date(result.end as Date | number).getTime()
const startOf = (result: Result): number => new Date(result.start as Date | number).getTime()

const left = async () => onePerId('window', await readTopic(world, world.topics.windows))

const addPartitions = async (): Promise<void> => {
  const admin = new Kafka({ brokers: [...world.kafka.addresses], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.createPartitions({ topicPartitions: [{ topic: world.topics.predictions, count: AFTER }] })
  await admin.disconnect()
}

/** Windows of the recomputation that begin at `fromMs` or later. */
const expectedFrom = (expected: Expected, fromMs: number): Expected['windows'] =>
  new Map(
    [...expected.windows].filter(([key]) => {
      const [, , , window, end] = key.split(' ')
      return Date.parse(end) - (window === '10s' ? 10_000 : 60_000) >= fromMs
    }),
  )

it('a topic that grows under two processes: each event in a window, or counted as too late', async () => {
  const seed = Number(process.env.TIDEMARK_SEED ?? Math.floor(Math.random() * 1e9))
  const fleet = startFleet(world.config().path, 2, 'monitor')
  try {
    await fleet.ready(0)
    await fleet.ready(1)
    let partitions = BEFORE
    const load = await startLoad(world, { seed, eventsPerSecond: 300, partitions: () => partitions })
    await eventually('windows leave', async () => (await left()).values.size > 100)
    await addPartitions()
    partitions = AFTER
    await eventually('the new partitions are read', async () => {
      const owned = [...(await fleet.metric('tidemark_process_ledger_read_events'))]
      return owned.length === AFTER && owned.every(([, read]) => read > 0)
    })
    // from here on all partitions are alike
    const alikeFromMs = Math.max(...[...(await left()).values.values()].map(endOf))
    await eventually('windows leave that all partitions are in', async () =>
      [...(await left()).values.values()].some(result => startOf(result) >= alikeFromMs + 60_000),
    )
    await load.end()

    const expected = recompute(await readPredictions(world))
    const where = `TIDEMARK_SEED=${seed}, logs in ${world.dir}`
    const ledger = await eventually('the ledger has every event', async () => {
      const now = await ledgerOf(fleet)
      return now.read === expected.ledger.read && now
    })
    const { inWindows, tooLate, deadLettered, skipped } = ledger
    expect(inWindows + tooLate, where).toBe(expected.ledger.inWindows + expected.ledger.tooLate)
    expect({ deadLettered, skipped }, where).toEqual({
      deadLettered: expected.ledger.deadLettered,
      skipped: expected.ledger.skipped,
    })

    const later = { ...expected, windows: expectedFrom(expected, alikeFromMs) }
    await eventually('every window has left', async () => {
      const { values } = await left()
      return [...values.values()].filter(result => startOf(result) >= alikeFromMs).length >= later.windows.size
    })
    const { values, problems } = await left()
    expect(problems, where).toEqual([])
    const alike = new Map([...values].filter(([, result]) => startOf(result) >= alikeFromMs))
    expect(compareWindows({ values: alike, repeats: 0, problems: [] }, later).slice(0, 20), where).toEqual([])
    expect(
      [...values.values()].filter(({ complete }) => complete !== true),
      where,
    ).toEqual([])

    // the last word on each tumbling window, all traffic: together every event that the ledger has in windows
    const last = new Map<string, Result>()
    for (const result of values.values()) {
      const isTotal = result.window === '10s' && result.version === '*' && Object.keys(result.segment as object).length === 0
      const before = last.get(String(result.id))
      if (isTotal && Number(before?.revision ?? -1) < Number(result.revision)) last.set(String(result.id), result)
    }
    expect(
      [...last.values()].reduce((sum, { samples }) => sum + Number(samples), 0),
      where,
    ).toBe(inWindows)
    expect(fleet.complaints(), where).toEqual([])
  } finally {
    await fleet.stop(world.dir)
  }
}, 300_000)
