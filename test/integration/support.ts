import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import { Kafka, logLevel } from 'kafkajs'
import { expect } from 'vitest'
import type { Stack } from '../support/stack.ts'
import { eventually, metricSum, runTidemark } from '../support/tidemark-process.ts'

const EXAMPLES = new URL('../../examples/', import.meta.url).pathname

/** An example's configuration on the servers of the stack, with topics, namespace and index of its own. */
export type ExampleRun = Readonly<{
  config: string
  topics: Readonly<{ predictions: string; windows: string; alerts: string; deadLetters: string }>
  index: string
  namespace: string
  dir: string
}>

export const exampleOn = (stack: Stack, example: 'flights' | 'bikes', partitions: number): ExampleRun => {
  const unique = `${example}-${randomUUID().slice(0, 8)}`
  const topics = {
    predictions: unique,
    windows: `${unique}-windows`,
    alerts: `${unique}-alerts`,
    deadLetters: `${unique}-dead-letters`,
  }
  const dir = mkdtempSync(join(tmpdir(), 'tidemark-test-'))
  const text = readFileSync(`${EXAMPLES}${example}.yaml`, 'utf8')
    .replace(/^namespace: .*$/m, `namespace: ${unique}`)
    .replace(/brokers: \[.*\]/, `brokers: ${JSON.stringify(stack.kafkaBrokers)}\n  partitions: ${partitions}`)
    .replace(/topics: \{.*\}/, `topics: ${JSON.stringify(topics)}`)
    .replace(/redis: \{.*\}/, `redis: { url: "${stack.redisUrl}" }`)
    .replace(
      /schemaRegistry: \{.*\}/,
      `schemaRegistry: { url: "${stack.registryUrl}" }\nelasticsearch: { url: "${stack.elasticsearchUrl}", index: ${unique} }\nhttp: { host: 127.0.0.1, port: 0 }`,
    )
    .replaceAll('reference: references/', `reference: ${EXAMPLES}references/`)
  const config = join(dir, 'tidemark.yaml')
  writeFileSync(config, text)
  return { config, topics, index: unique, namespace: unique, dir }
}

/** Reads a topic from its beginning with the stock clients, as a subscriber would; `read` grows. */
export type Subscription = Readonly<{ read: readonly Record<string, unknown>[]; stop(): Promise<void> }>

export const subscribe = async (stack: Stack, topic: string): Promise<Subscription> => {
  const kafka = new Kafka({ brokers: [...stack.kafkaBrokers], logLevel: logLevel.NOTHING })
  const registry = new SchemaRegistry({ host: stack.registryUrl })
  const admin = kafka.admin()
  await admin.connect()
  await eventually(`topic ${topic} exists`, async () => (await admin.listTopics()).includes(topic))
  await admin.disconnect()
  const consumer = kafka.consumer({ groupId: `test-${randomUUID()}` })
  const read: Record<string, unknown>[] = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ message }) => {
      if (message.value) read.push((await registry.decode(message.value)) as Record<string, unknown>)
    },
  })
  return { read, stop: () => consumer.disconnect() }
}

/** Window results by id and revision; every repeat must be equal to the first. Times in ms. */
export const resultsById = (results: readonly Record<string, unknown>[]): ReadonlyMap<string, unknown> => {
  const found = new Map<string, unknown>()
  for (const result of results) {
    const key = `${result.id} r${result.revision}`
    const plain = JSON.parse(JSON.stringify({ ...result, start: ms(result.start), end: ms(result.end) })) as unknown
    const before = found.get(key)
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(plain))
      throw new Error(`${key} was published with two values`)
    found.set(key, plain)
  }
  return found
}

const ms = (time: unknown): number => (typeof time === 'string' ? Date.parse(time) : Number(time))

export const readNdjson = (path: string): readonly Record<string, unknown>[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Record<string, unknown>)

/** What `tidemark replay` makes of a file. */
export const replayed = async (file: string, run: ExampleRun, partitions: number): Promise<ReadonlyMap<string, unknown>> => {
  const out = join(run.dir, 'replay')
  const { code, output } = await runTidemark(['replay', file, '-c', run.config, '-o', out, '--partitions', String(partitions)])
  expect(code, output).toBe(0)
  return resultsById(readNdjson(join(out, 'windows.ndjson')))
}

/** The ledger of all partitions, as /metrics shows it. */
export const ledger = async (url: string) => ({
  read: await metricSum(url, 'tidemark_process_ledger_read_events'),
  inWindows: await metricSum(url, 'tidemark_process_ledger_events', 'category="in_windows"'),
  tooLate: await metricSum(url, 'tidemark_process_ledger_events', 'category="too_late"'),
  deadLettered: await metricSum(url, 'tidemark_process_ledger_events', 'category="dead_lettered"'),
  skipped: await metricSum(url, 'tidemark_process_ledger_events', 'category="skipped"'),
})
