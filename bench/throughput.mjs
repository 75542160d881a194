// Events per second and per CPU second: the monitor role on real Kafka and Redis, stage by stage, beside Kafka Streams' expert form
// and the in-memory limit, in turn, best of several rounds. npm run bench:throughput [-- --rounds N]
import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
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
/** The first pass of a JVM compiles; the best of the others counts. */
const STREAMS_PASSES = 3

const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1]) || 3
const say = text => process.stderr.write(`${text}\n`)

const jsonLines = text =>
  text
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line))

const node = async (script, ...args) => {
  const { stdout } = await run(process.execPath, [join(here, script), ...args], LIMITS)
  return jsonLines(stdout).at(-1)
}

const given = await servers()
await generate(given, say)
say('building Kafka Streams expert form')
await run('mvn', ['-q', '-B', 'package'], { ...LIMITS, cwd: streams })
const expected = expectedWindows()

const ENGINES = {
  limit: shape => node('limit.mjs', shape),
  read: shape => node('stage.mjs', 'read', shape),
  decode: shape => node('stage.mjs', 'decode', shape),
  windows: shape => node('stage.mjs', 'windows', shape),
  monitor: async shape => {
    const result = await node('stage.mjs', 'monitor', shape)
    if (result.ledger.inWindows !== EVENTS) throw new Error(`not every event is in a window: ${JSON.stringify(result.ledger)}`)
    say(`  ${verify(result.results, expected, VERSION, EVENTS)} windows equal what the events say`)
    return result
  },
  streams: async shape => {
    const classPath = `${streams}/target/kafka-streams-expert.jar:${streams}/target/libs/*`
    const state = mkdtempSync(join(tmpdir(), 'bench-streams-'))
    const args = ['-Xmx1g', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', classPath, 'bench.Main']
    const { stdout } = await run(
      'java',
      [...args, given.brokers[0], given.registryUrl, TOPICS[shape], state, String(STREAMS_PASSES)],
      LIMITS,
    )
    const passes = jsonLines(stdout).slice(1)
    return passes.reduce((best, pass) => (pass.perCpuSecond > best.perCpuSecond ? pass : best))
  },
}

const best = {}
for (let round = 1; round <= rounds; round++) {
  for (const shape of Object.keys(TOPICS)) {
    for (const [engine, measure] of Object.entries(ENGINES)) {
      const result = await measure(shape)
      say(`round ${round}, ${shape}, ${engine}: ${result.perSecond}/s, ${result.perCpuSecond} per CPU second`)
      const key = `${shape} ${engine}`
      const before = best[key] ?? { perSecond: 0, perCpuSecond: 0 }
      best[key] = {
        perSecond: Math.max(before.perSecond, result.perSecond),
        perCpuSecond: Math.max(before.perCpuSecond, result.perCpuSecond),
      }
    }
  }
}

const NAMES = {
  limit: 'in-memory limit (no guarantee)',
  read: 'Tidemark: read only',
  decode: '... + decode',
  windows: '... + windows',
  monitor: '... + checkpoints, results: the whole monitor, exactly-once',
  streams: 'Kafka Streams, expert form, exactly-once, warm',
}
const thousands = value => `${Math.round(value / 1000)}k`
process.stdout.write(`\n${cpus().length} cores (${cpus()[0].model.trim()}), Node ${process.version}, best of ${rounds}\n\n`)
process.stdout.write(
  '| engine | map: events/s | per CPU s | x Streams | x limit | record: events/s | per CPU s | x Streams | x limit |\n',
)
process.stdout.write('|---|---|---|---|---|---|---|---|---|\n')
for (const [engine, name] of Object.entries(NAMES)) {
  const cells = Object.keys(TOPICS).flatMap(shape => {
    const own = best[`${shape} ${engine}`]
    const ratio = other => (own.perCpuSecond / best[`${shape} ${other}`].perCpuSecond).toFixed(2)
    return [thousands(own.perSecond), thousands(own.perCpuSecond), ratio('streams'), ratio('limit')]
  })
  process.stdout.write(`| ${name} | ${cells.join(' | ')} |\n`)
}
