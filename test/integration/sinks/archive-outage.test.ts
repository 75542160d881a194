import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { type Server, startElasticsearch } from '../../../scripts/stack.d/index.mjs'
import type { Log, LogWriter } from '../../../src/consumers/log.ts'
import { createTopicEncoder } from '../../../src/events/avro/topic-encoder.ts'
import { createConfluentRegistry } from '../../../src/events/confluent-registry.ts'
import { PREDICTION_DEFAULTS } from '../../../src/events/prediction-defaults.ts'
import { readRange } from '../../consumers/support.ts'
import { stack } from '../../support/stack.ts'
import { eventually, metricSum, startTidemark, type TidemarkProcess } from '../../support/tidemark-process.ts'
import { newClient, newLog } from '../consumers/kafka-support.ts'
import { type ExampleRun, exampleOn } from '../support.ts'

const PARTITIONS = 4
const LIMIT_BYTES = 16 * 2 ** 20
const SESSION_TIMEOUT_S = 6
/** One in so many events is one that Elasticsearch never takes. */
const POISON_EVERY = 1_000

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

/** As an example, but with little memory, and a session that is soon over. */
const configured = (elasticsearchUrl: string): ExampleRun => {
  const run = exampleOn({ ...stack(), elasticsearchUrl }, 'flights', PARTITIONS)
  const text = readFileSync(run.config, 'utf8')
    .replace('kafka:\n', `kafka:\n  sessionTimeout: ${SESSION_TIMEOUT_S}s\n`)
    .concat(`\nbudget: { memory: ${LIMIT_BYTES / 2 ** 20} MiB }\n`)
  writeFileSync(run.config, text)
  return run
}

/** Publishes events of some 2 KB by number, and keeps count. */
const publisher = async (writer: LogWriter, topic: string) => {
  const encode = await createTopicEncoder('prediction', topic, createConfluentRegistry({ url: stack().registryUrl }))
  const good: string[] = []
  const poison: string[] = []
  let next = 0
  const publish = async (count: number): Promise<void> => {
    const records = Array.from({ length: count }, () => {
      const isPoison = next % POISON_EVERY === POISON_EVERY - 1
      const id = `e${next++}`
      ;(isPoison ? poison : good).push(id)
      const metadata: Record<string, string> = isPoison ? { 'a\0b': '1' } : { note: 'x'.repeat(2_000) }
      return { key: id, value: encode({ ...PREDICTION_DEFAULTS, id, time: Date.now(), model: 'm', version: 'v1', metadata }) }
    })
    await writer.append(topic, records)
  }
  return { publish, good, poison }
}

const startArchive = (config: string): TidemarkProcess => {
  const archive = startTidemark(['run', '--roles', 'archive', '-c', config])
  undo.push(() => archive.kill('SIGKILL'))
  return archive
}

/** Looks at a process again and again; the most that it ever held. */
const watchMemory = (url: string) => {
  let peakBytes = 0
  const look = async (): Promise<number> => {
    const used = await metricSum(url, 'tidemark_process_budget_used_bytes', 'archive-memory')
    peakBytes = Math.max(peakBytes, used)
    return used
  }
  return { look, peakBytes: () => peakBytes }
}

const deadLettersOf = async (log: Log, topic: string): Promise<readonly string[]> => {
  const keys: string[] = []
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const reader = await log.reader({ topic, partition })
    const { lowOffset, highOffset } = await reader.range()
    keys.push(...(await readRange(reader, lowOffset, highOffset)).map(({ key }) => String(key)))
    await reader.close()
  }
  return keys
}

test('an archive outlives minutes without Elasticsearch, and a SIGKILL after: each event is there once', {
  timeout: 600_000,
}, async () => {
  let elasticsearch: Server = await startElasticsearch({ heapMb: 512 })
  const { port, dir, url: elasticsearchUrl } = elasticsearch
  undo.push(async () => {
    await elasticsearch.stop()
    rmSync(dir, { recursive: true, force: true }) // a server that was killed leaves it
  })
  const run = configured(elasticsearchUrl)
  const log = newLog({ partitions: PARTITIONS })
  undo.push(log.close)
  const admin = newClient().admin()
  await admin.connect()
  undo.push(admin.disconnect)
  const memberIds = async (): Promise<readonly string[]> => {
    const { groups } = await admin.describeGroups([`${run.namespace}-archive`])
    return groups[0].members.map(({ memberId }) => memberId)
  }
  const committed = async (): Promise<number> => {
    const [{ partitions }] = await admin.fetchOffsets({ groupId: `${run.namespace}-archive`, topics: [run.topics.predictions] })
    return partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0)
  }
  const count = async (query: string): Promise<number> => {
    await fetch(`${elasticsearchUrl}/${run.index}-*/_refresh`, { method: 'POST' })
    const reply = await fetch(`${elasticsearchUrl}/${run.index}-*/${query}`, { method: 'POST' })
    return Number(((await reply.json()) as { count?: number }).count ?? -1)
  }

  const first = startArchive(run.config)
  const firstUrl = await first.url()
  await eventually('it is ready', async () => (await fetch(`${firstUrl}/readyz`)).ok)
  const events = await publisher(await log.writer(), run.topics.predictions)
  await events.publish(3_000)
  await eventually('the first events are there', async () => (await committed()) === 3_000)
  const members = await memberIds()
  expect(members).toHaveLength(1)

  await elasticsearch.kill()
  const memory = watchMemory(firstUrl)
  for (let part = 0; part < 10; part++) {
    await events.publish(3_000)
    await memory.look()
  }
  const waiting = (reason: string) => metricSum(firstUrl, 'tidemark_process_partition_paused', `reason="${reason}"`)
  await eventually('every partition waits, for Elasticsearch or for memory', async () => {
    await memory.look()
    return (await waiting('elasticsearch')) + (await waiting('memory-budget')) === PARTITIONS
  })
  const reads = () => metricSum(firstUrl, 'tidemark_process_records_read_total')
  const readBefore = await reads()
  const tries = () => metricSum(firstUrl, 'tidemark_process_archive_request_duration_seconds_count', 'result="retry"')
  await eventually('it was tried in vain for longer than a session', async () => {
    await memory.look()
    // seven waits of a partition, from 0.2 s doubling, of which half may be chance; who waits for memory does not try
    const trying = await waiting('elasticsearch')
    return trying > 0 && (await tries()) >= 8 * trying
  })
  expect(await reads(), 'nothing is fetched meanwhile').toBe(readBefore)
  expect(readBefore).toBeLessThan(33_000)
  expect(await memberIds(), 'the member is the one that it was').toEqual(members)
  const readiness = await (await fetch(`${firstUrl}/readyz`)).text()
  expect(readiness).toContain('ECONNREFUSED')
  expect(memory.peakBytes()).toBeGreaterThan(LIMIT_BYTES / 4)
  expect(memory.peakBytes()).toBeLessThanOrEqual(LIMIT_BYTES)

  elasticsearch = await startElasticsearch({ port, dir, heapMb: 512 })
  await eventually('it goes on by itself', async () => (await committed()) > 6_000)
  await first.kill('SIGKILL')
  await events.publish(1_000)
  const second = startArchive(run.config)
  const secondMemory = watchMemory(await second.url())
  const total = events.good.length + events.poison.length
  await eventually('everything is archived', async () => {
    await secondMemory.look()
    return (await committed()) === total
  })
  expect(secondMemory.peakBytes()).toBeLessThanOrEqual(LIMIT_BYTES)

  expect(await count('_count'), 'each event once').toBe(events.good.length)
  const found = new Set<string>()
  for (let after: string | undefined; ; ) {
    const page = await fetch(`${elasticsearchUrl}/${run.index}-*/_search`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        size: 10_000,
        sort: [{ id: 'asc' }],
        _source: ['id'],
        ...(after === undefined ? {} : { search_after: [after] }),
      }),
    })
    const { hits } = ((await page.json()) as { hits: { hits: readonly { _source: { id: string } }[] } }).hits
    for (const { _source } of hits) found.add(_source.id)
    after = hits.at(-1)?._source.id
    if (after === undefined) break
  }
  expect(found).toEqual(new Set(events.good))
  const letters = await deadLettersOf(log, run.topics.deadLetters)
  expect(new Set(letters)).toEqual(new Set(events.poison))
  // the SIGKILL may repeat those of requests under way, under the same id
  expect(letters.length).toBeLessThanOrEqual(events.poison.length + PARTITIONS * 10)
  expect(await second.kill('SIGTERM')).toBe(0)
})
