// What more processes and workers cost: CPU per event of 1, 2 and 4 of each, whole processes of the built program on real Kafka and
// Redis, in turn, best of several rounds. npm run bench:scale-out [-- --rounds N]
import { randomUUID } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { referenceOf } from './config.mjs'
import { generate } from './generate.mjs'
import { startProcess } from './process.mjs'
import { servers } from './servers.mjs'
import { MODELS, OUT_OF_ORDER_MS, PARTITIONS } from './workload.mjs'

const EVENTS = 6_000_000
/** Left out of what is measured: rebalances, and each one's first optimisation. */
const WARM_EVENTS = 3_000_000
const TOPIC = 'bench-long'
const POLL_MS = 250

const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1]) || 2
const say = text => process.stderr.write(`${text}\n`)
const given = await servers()
await generate(given, say, { topics: { typed: TOPIC }, events: EVENTS })

const configFile = () => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-scale-out-'))
  const namespace = `bench-${randomUUID().slice(0, 8)}`
  const topics = { windows: `${namespace}-windows`, alerts: `${namespace}-alerts`, deadLetters: `${namespace}-dead` }
  for (const model of MODELS) writeFileSync(join(dir, `${model}.json`), JSON.stringify(referenceOf(model)))
  const config = {
    namespace,
    kafka: {
      brokers: given.brokers,
      topics: { predictions: TOPIC, ...topics },
      createTopics: true,
      partitions: PARTITIONS,
      startAt: 'earliest',
    },
    redis: { url: given.redisUrl },
    schemaRegistry: { url: given.registryUrl },
    http: { host: '127.0.0.1', port: 0 },
    time: { outOfOrderness: `${OUT_OF_ORDER_MS}ms`, allowedLateness: '0s' },
    models: MODELS.map(name => ({ name, reference: `${name}.json`, windows: [{ name: '1m', size: '1m' }] })),
    rules: [],
    log: { level: 'info' },
  }
  const file = join(dir, 'tidemark.yaml')
  writeFileSync(file, JSON.stringify(config))
  return file
}

/** Of each member (a process, or its workers), the records that it read. */
const readBy = page => {
  const byMember = new Map()
  for (const [, labels, value] of page.matchAll(/^tidemark_process_records_read_total\{(.*)\} (\d+)$/gm)) {
    const member = /worker="(\d+)"/.exec(labels)?.[1] ?? ''
    byMember.set(member, (byMember.get(member) ?? 0) + Number(value))
  }
  return [...byMember.values()]
}

const pause = () => new Promise(resolve => setTimeout(resolve, POLL_MS))
const sum = values => values.reduce((total, value) => total + value, 0)

const measure = async (processes, workers) => {
  const file = configFile()
  const all = Array.from({ length: processes }, () => startProcess(file, '--workers', String(workers)))
  const look = async () => {
    const byMember = (await Promise.all(all.map(one => one.page().catch(() => '')))).flatMap(readBy) // not serving yet: nothing read
    return { byMember, events: sum(byMember), cpu: sum(all.map(one => one.cpuSeconds())), ms: performance.now() }
  }
  const until = async events => {
    for (;;) {
      const seen = await look()
      if (seen.events >= events) return seen
      await pause()
    }
  }
  try {
    const from = await until(WARM_EVENTS)
    const to = await until(EVENTS)
    const events = to.events - from.events
    return {
      cpuMicros: ((to.cpu - from.cpu) / events) * 1e6,
      perSecond: events / ((to.ms - from.ms) / 1000),
      byMember: to.byMember,
    }
  } finally {
    await Promise.all(all.map(one => one.end('SIGTERM')))
  }
}

const SHAPES = [
  ['1 process', 1, 1],
  ['2 processes', 2, 1],
  ['4 processes', 4, 1],
  ['1 process, --workers 2', 1, 2],
  ['1 process, --workers 4', 1, 4],
]

const best = new Map()
for (let round = 1; round <= rounds; round++) {
  for (const [name, processes, workers] of SHAPES) {
    const { cpuMicros, perSecond, byMember } = await measure(processes, workers)
    say(
      `round ${round}, ${name}: ${cpuMicros.toFixed(2)} us, ${Math.round(perSecond)}/s, read ${byMember} (load ${loadavg()[0].toFixed(1)})`,
    )
    const before = best.get(name) ?? { cpuMicros: Number.POSITIVE_INFINITY, perSecond: 0 }
    best.set(name, { cpuMicros: Math.min(before.cpuMicros, cpuMicros), perSecond: Math.max(before.perSecond, perSecond) })
  }
}
const one = best.get('1 process')
console.log(`\n${cpus().length} cores (${cpus()[0].model.trim()}), Node ${process.version}, best of ${rounds} rounds\n`)
console.log('| | CPU of an event: us | x one (aim: at most 1.10) | events/s | x one |')
console.log('|---|---|---|---|---|')
for (const [name, { cpuMicros, perSecond }] of best) {
  const ratios = [
    (cpuMicros / one.cpuMicros).toFixed(2),
    `${Math.round(perSecond / 1000)}k`,
    (perSecond / one.perSecond).toFixed(2),
  ]
  console.log(`| ${name} | ${cpuMicros.toFixed(2)} | ${ratios.join(' | ')} |`)
}
