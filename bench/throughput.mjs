// Events per second and per CPU second: the monitor role on real Kafka and Redis, stage by stage, beside Kafka Streams' expert form
// and the in-memory limit, in turn, best of several rounds. npm run bench:throughput [-- --rounds N]
// Each process makes several passes over the topic. The first is cold: it compiles.
import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { generate } from './generate.mjs'
import { servers } from './servers.mjs'
import { expectedWindows, verify } from './verify.mjs'
import { EVENTS, TOPICS, VERSION } from './workload.mjs'

const run = promisify(execFile)
const here = new URL('.', import.meta.url).pathname
const streams = join(here, 'peers/kafka-streams')
const LIMITS = { maxBuffer: 64 * 1024 * 1024, timeout: 900_000 }
const PASSES = 4

const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1]) || 3
const say = text => process.stderr.write(`${text}\n`)

const jsonLines = text =>
  text
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line))

const node = async (script, ...args) => {
  const { stdout } = await run(process.execPath, [join(here, script), ...args, String(PASSES)], LIMITS)
  return jsonLines(stdout)
}

const given = await servers()
await generate(given, say)
say('building Kafka Streams expert form')
await run('mvn', ['-q', '-B', 'package'], { ...LIMITS, cwd: streams })
const expected = expectedWindows()

/** By engine, the passes of one process over a shape. */
const ENGINES = {
  limit: shape => node('limit.mjs', shape),
  read: shape => node('stage.mjs', 'read', shape),
  decode: shape => node('stage.mjs', 'decode', shape),
  windows: shape => node('stage.mjs', 'windows', shape),
  monitor: async shape => {
    const passes = await node('stage.mjs', 'monitor', shape)
    for (const { ledger, results, pass } of passes) {
      if (ledger.inWindows !== EVENTS) throw new Error(`not every event is in a window: ${JSON.stringify(ledger)}`)
      say(`  pass ${pass}: ${verify(results, expected, VERSION, EVENTS)} windows equal what the events say`)
    }
    return passes
  },
  streams: async shape => {
    const classPath = `${streams}/target/kafka-streams-expert.jar:${streams}/target/libs/*`
    const state = mkdtempSync(join(tmpdir(), 'bench-streams-'))
    const jvm = ['-Xmx1g', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', classPath, 'bench.Main']
    const args = [given.brokers[0], given.registryUrl, TOPICS[shape], state, String(PASSES)]
    const passes = jsonLines((await run('java', [...jvm, ...args], LIMITS)).stdout)
    for (const { late, pass } of passes) if (late > 0) throw new Error(`Kafka Streams dropped ${late} events in pass ${pass}`)
    return passes
  },
}

/** Per shape and engine: the best of all passes, and of all first ones. */
const best = new Map()
for (let round = 1; round <= rounds; round++) {
  for (const shape of Object.keys(TOPICS)) {
    for (const [engine, measure] of Object.entries(ENGINES)) {
      const passes = await measure(shape)
      const perCpuSecond = passes.map(pass => pass.perCpuSecond)
      say(`round ${round}, ${shape}, ${engine}: per CPU second ${perCpuSecond.join(', ')} (load ${loadavg()[0].toFixed(1)})`)
      const key = `${shape} ${engine}`
      const before = best.get(key) ?? { perSecond: 0, perCpuSecond: 0, cold: 0, redisCpuSeconds: Number.POSITIVE_INFINITY }
      best.set(key, {
        perSecond: Math.max(before.perSecond, ...passes.map(pass => pass.perSecond)),
        perCpuSecond: Math.max(before.perCpuSecond, ...perCpuSecond),
        cold: Math.max(before.cold, perCpuSecond[0]),
        redisCpuSeconds: Math.min(before.redisCpuSeconds, ...passes.map(pass => pass.redisCpuSeconds ?? 0)),
      })
    }
  }
}

const NAMES = {
  limit: 'in-memory limit (no guarantee)',
  read: 'Tidemark: read only',
  decode: '... + decode',
  windows: '... + windows',
  monitor: '... + checkpoints, results: the whole monitor, exactly-once',
  streams: 'Kafka Streams, expert form, exactly-once',
}
const thousands = value => `${Math.round(value / 1000)}k`
const line = text => process.stdout.write(`${text}\n`)
line(
  `\n${cpus().length} cores (${cpus()[0].model.trim()}), Node ${process.version}, best of ${rounds} rounds of ${PASSES} passes\n`,
)
for (const [shape, title] of [
  ['map', 'Features as a map of unions (379 bytes an event)'],
  ['typed', 'Features as a record of doubles (252 bytes an event)'],
]) {
  line(`${title}:\n`)
  line('| engine | events/s | per CPU s | x Streams | x limit | cold: per CPU s | x Streams |')
  line('|---|---|---|---|---|---|---|')
  for (const [engine, name] of Object.entries(NAMES)) {
    const own = best.get(`${shape} ${engine}`)
    const ratio = (other, field) => (own[field] / best.get(`${shape} ${other}`)[field]).toFixed(2)
    const warm = [
      thousands(own.perSecond),
      thousands(own.perCpuSecond),
      ratio('streams', 'perCpuSecond'),
      ratio('limit', 'perCpuSecond'),
    ]
    line(`| ${[name, ...warm, thousands(own.cold), ratio('streams', 'cold')].join(' | ')} |`)
  }
  line(`\nRedis used ${best.get(`${shape} monitor`).redisCpuSeconds} CPU seconds beside the monitor's.\n`)
}
