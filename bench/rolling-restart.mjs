// A rolling restart of three processes under load on real Kafka and Redis, then a SIGKILL: how long windows pause, what is read
// again, what moves. npm run bench:rolling-restart [-- --rate N]   about two minutes
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { loadConfig } from '../dist/config/load.js'
import { createKafkaLog } from '../dist/consumers/kafka/log.js'
import { createConfluentRegistry } from '../dist/events/confluent-registry.js'
import { startProcess } from './process.mjs'
import { startLoad } from './rolling/load.mjs'
import { ASSIGNERS, movesOf } from './rolling/moves.mjs'
import { byPartition, watchPositions } from './rolling/positions.mjs'
import { firings, readWindows, usual, worst } from './rolling/windows.mjs'
import { servers } from './servers.mjs'

const PROCESSES = 3
const PARTITIONS = 24
const MODELS = Array.from({ length: 24 }, (_, i) => `m${i}`)
const OUT_OF_ORDER_MS = 1_000
const SESSION_MS = 10_000
const CALM_MS = 10_000

const rate = Number(process.argv[process.argv.indexOf('--rate') + 1]) || 2_400
const say = text => process.stderr.write(`${text}\n`)

const given = await servers()
const namespace = `rolling-${randomUUID().slice(0, 8)}`
const dir = mkdtempSync(join(tmpdir(), 'bench-rolling-'))
const path = join(dir, 'tidemark.yaml')
const topics = {
  predictions: namespace,
  windows: `${namespace}-windows`,
  alerts: `${namespace}-alerts`,
  deadLetters: `${namespace}-dead`,
}
writeFileSync(
  path,
  `namespace: ${namespace}
kafka:
  brokers: ${JSON.stringify(given.brokers)}
  topics: ${JSON.stringify(topics)}
  createTopics: true
  partitions: ${PARTITIONS}
  replicationFactor: 1
  sessionTimeout: ${SESSION_MS / 1000}s
redis: { url: "${given.redisUrl}" }
schemaRegistry: { url: "${given.registryUrl}" }
http: { host: 127.0.0.1, port: 0 }
time: { outOfOrderness: ${OUT_OF_ORDER_MS / 1000}s, allowedLateness: 0s }
limits: { maxModels: ${2 * MODELS.length} }
models: [{ name: "*", windows: [1s] }]
`,
)
const config = loadConfig({ file: path, flags: {}, environment: {} })
const log = createKafkaLog(config.kafka, pino({ level: 'silent' }))

const fleet = []
for (let i = 0; i < PROCESSES; i++) {
  fleet.push(startProcess(path))
  await fleet[i].ready()
}
const schemas = createConfluentRegistry(config.schemaRegistry)
const load = await startLoad({
  log,
  schemas,
  topic: topics.predictions,
  partitions: PARTITIONS,
  models: MODELS,
  eventsPerSecond: rate,
})
const positions = watchPositions(() => fleet)
await sleep(2 * CALM_MS)
const calm = { fromMs: Date.now() - CALM_MS, toMs: Date.now() }

/** Claims of partitions since a moment, over all processes that ever were. */
const everyone = [...fleet]
const claimsSince = fromMs =>
  everyone.flatMap(({ lines }) => lines.filter(({ msg, time }) => msg === 'partition claimed' && time >= fromMs))

const restart = async (index, signal) => {
  const fromMs = Date.now()
  const counted = positions.now()
  await fleet[index].end(signal)
  const exitedMs = Date.now()
  const reached = new Map([...counted, ...positions.now()])
  if (signal === 'SIGKILL') while (claimsSince(fromMs).length === 0) await sleep(50)
  const takenMs = Date.now()
  const startedMs = Date.now()
  fleet[index] = startProcess(path)
  everyone.push(fleet[index])
  await fleet[index].ready()
  const readyMs = Date.now()
  await sleep(CALM_MS)
  const claims = claimsSince(fromMs)
  const readAgain = claims
    .filter(({ time }) => time < startedMs + 1)
    .reduce((sum, { partition, offset }) => sum + Math.max(0, (reached.get(partition) ?? 0) - offset), 0)
  return {
    signal,
    fromMs,
    toMs: Date.now(),
    exitMs: exitedMs - fromMs,
    takenMs: takenMs - fromMs,
    readyMs: readyMs - startedMs,
    claims: claims.length,
    readAgain,
  }
}

const steps = []
for (let index = 0; index < PROCESSES; index++) {
  say(`restarting process ${index + 1}`)
  steps.push(await restart(index, 'SIGTERM'))
}
const balance = fleet.map(running => running.assigned().length)
say('SIGKILL of process 1')
steps.push(await restart(0, 'SIGKILL'))
await load.stop()
const published = load.published()

/** The ledger of all partitions, once it has every event. */
const ledger = async () => {
  for (;;) {
    const pages = await Promise.all(fleet.map(running => running.page()))
    const read = pages
      .flatMap(page => [...byPartition(page, 'tidemark_process_ledger_read_events').values()])
      .reduce((a, b) => a + b, 0)
    if (read >= published) return read
    await sleep(100)
  }
}
const read = await ledger()
await sleep(2 * OUT_OF_ORDER_MS)
await positions.stop()
for (const running of fleet) await running.end('SIGTERM')

const results = await readWindows(log, topics.windows)
const fired = firings(results, OUT_OF_ORDER_MS)
const once = new Map()
for (const { id, samples } of results) {
  if ((once.get(id) ?? samples) !== samples) throw new Error(`window ${id} left with ${once.get(id)} and ${samples} samples`)
  once.set(id, samples)
}
const inWindows = [...once.values()].reduce((a, b) => a + b, 0)
await log.close()
rmSync(dir, { recursive: true })

const seconds = ms => (ms / 1000).toFixed(1)
const line = text => process.stdout.write(`${text}\n`)
const ordinary = usual(fired, calm.fromMs, calm.toMs)
const calmWorst = worst(fired, calm.fromMs, calm.toMs)
line(
  `\n${PROCESSES} processes, ${PARTITIONS} partitions, ${rate} events/s, windows of 1 s of ${MODELS.length} models, session timeout ${SESSION_MS / 1000} s`,
)
line(`${cpus().length} cores (${cpus()[0].model.trim()}), Node ${process.version}, load ${loadavg()[0].toFixed(1)}\n`)
line(
  '| step | exit: s | ready after its start: s | longest gap between firings: s | latest window after its close: s | events read again | claims |',
)
line('|---|---|---|---|---|---|---|')
line(
  `| none (median; worst in 10 s) | | | ${seconds(ordinary.gapMs)}; ${seconds(calmWorst.gapMs)} | ${seconds(ordinary.latenessMs)}; ${seconds(calmWorst.latenessMs)} | | |`,
)
for (const [i, step] of steps.entries()) {
  const { gapMs, latenessMs } = worst(fired, step.fromMs, step.toMs)
  const name = step.signal === 'SIGTERM' ? `restart of process ${i + 1}` : 'SIGKILL of process 1'
  const exit = step.signal === 'SIGTERM' ? seconds(step.exitMs) : `- (taken after ${seconds(step.takenMs)})`
  line(`| ${[name, exit, seconds(step.readyMs), seconds(gapMs), seconds(latenessMs), step.readAgain, step.claims].join(' | ')} |`)
}
line(`\nPartitions of the processes after the rolling restart: ${balance.join(', ')}.`)
line(
  `${published} events published, ${read} in the ledger, ${inWindows} in windows that have left; ${results.length - once.size} results repeated, equal.\n`,
)
line('| assigner (computed) | moved when one leaves | of them from processes that stay | moved when it returns | most - fewest |')
line('|---|---|---|---|---|')
for (const [name, assign] of Object.entries(ASSIGNERS)) {
  const { leaving, stayersLost, returning, imbalance } = movesOf(assign, PROCESSES, PARTITIONS)
  line(`| ${[name, leaving.toFixed(1), stayersLost.toFixed(1), returning.toFixed(1), imbalance].join(' | ')} |`)
}
process.exit(0)
