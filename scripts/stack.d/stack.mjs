import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ensureDebian } from './debian.mjs'
import { fetchElasticsearch, startElasticsearch } from './elasticsearch.mjs'
import { fetchKafka, startKafka } from './kafka.mjs'
import { stackDir } from './paths.mjs'
import { handle, isAlive, which } from './process.mjs'
import { startAlertmanager, startPrometheus, startPushgateway } from './prometheus.mjs'
import { redisPackages, startRedis, startRedisCluster } from './redis.mjs'
import { fetchRegistry, startRegistry } from './registry.mjs'
import { readState, writeState } from './state.mjs'
import { packagesOf, tools } from './tools.mjs'
import { withLock } from './wait.mjs'

const one = start => async options => (await start(options)).url
const several = start => async options => (await start(options)).addresses.join(',')

/** Every server by the name it has on the command line. */
export const servers = {
  kafka: { variable: 'KAFKA_BROKERS', defaults: { brokers: 1 }, start: several(startKafka), fetch: fetchKafka },
  registry: { variable: 'SCHEMA_REGISTRY_URL', start: one(startRegistry), fetch: fetchRegistry },
  redis: { variable: 'REDIS_URL', start: one(startRedis), packages: redisPackages },
  elasticsearch: { variable: 'ELASTICSEARCH_URL', start: one(startElasticsearch), fetch: fetchElasticsearch },
  'redis-cluster': { variable: 'REDIS_CLUSTER_NODES', start: several(startRedisCluster), packages: redisPackages },
  prometheus: { variable: 'PROMETHEUS_URL', start: one(startPrometheus), packages: () => packagesOf(['prometheus']) },
  alertmanager: { variable: 'ALERTMANAGER_URL', start: one(startAlertmanager), packages: () => packagesOf(['alertmanager']) },
  pushgateway: { variable: 'PUSHGATEWAY_URL', start: one(startPushgateway), packages: () => packagesOf(['pushgateway']) },
}

/** What `up` and `install` mean without names; the others are started by the tests that need them. */
export const DEFAULT = ['kafka', 'registry', 'redis', 'elasticsearch', 'tools']

const unfinished = { variable: undefined, packages: () => [], fetch: async () => {} }
const partOf = name =>
  name === 'tools' ? { ...unfinished, packages: () => packagesOf(Object.keys(tools)) } : { ...unfinished, ...servers[name] }

/** Fetches what is missing, in parallel; per name a promise that resolves when that name can start. */
function installing(names, report) {
  const parts = names.map(name => [name, partOf(name)])
  const java = parts.some(([name]) => servers[name]?.fetch) ? javaPackages() : []
  const packages = [...new Set([...java, ...parts.flatMap(([, part]) => part.packages())])]
  const debian = packages.length > 0 ? ensureDebian(packages, line => report('debian', line)) : Promise.resolve()
  return new Map(
    parts.map(([name, part]) => {
      const fetched =
        java.length > 0 ? debian.then(() => part.fetch(line => report(name, line))) : part.fetch(line => report(name, line))
      return [name, part.packages().length > 0 ? Promise.all([debian, fetched]) : fetched]
    }),
  )
}

const javaPackages = () => [...(which('java') ? [] : ['openjdk-17-jre-headless']), ...(which('mvn') ? [] : ['maven'])]

export async function install(names, report = () => {}) {
  await allOrEveryReason([...installing(names, report).values()])
}

/** Starts what is not up and returns the names it started. `options`: by name, what the server's start function takes. */
export const up = (names = DEFAULT, { report = () => {}, options = {} } = {}) =>
  locked(report, async () => {
    const state = readState()
    const wanted = names.filter(name => {
      if (!isUp(state[name])) return true
      refuseOtherOptions(name, state[name].options, options[name])
      report(name, 'already up')
      return false
    })
    const ready = installing(wanted, report)
    await allOrEveryReason(
      wanted.map(async name => {
        await ready.get(name)
        if (name !== 'tools') await startOne(name, state, options[name], report)
      }),
    )
    return wanted.filter(name => name !== 'tools')
  })

async function startOne(name, state, options = {}, report) {
  const began = performance.now()
  await stopOne(name, state)
  state[name] = { options: { ...servers[name].defaults, ...options }, processes: [] }
  const onLaunch = process => {
    state[name].processes.push(process)
    writeState(state)
  }
  const placed = { dir: join(stackDir, name), logDir: join(stackDir, 'logs'), survive: true, onLaunch }
  const address = await servers[name].start({ ...options, ...placed })
  state[name].address = address
  writeState(state)
  report(name, `up after ${((performance.now() - began) / 1000).toFixed(1)} s at ${address}`)
}

/** Stops the named servers (all, without names) and deletes their data; the logs stay. Returns the names it stopped. */
export const down = (names, { report = () => {} } = {}) =>
  locked(report, async () => {
    const state = readState()
    const known = Object.keys(state).filter(name => names === undefined || names.length === 0 || names.includes(name))
    await allOrEveryReason(
      known.map(async name => {
        await stopOne(name, state)
        report(name, 'stopped')
      }),
    )
    return known
  })

async function stopOne(name, state) {
  // The data goes too, so there is nothing to end in good order.
  await Promise.all((state[name]?.processes ?? []).map(process => handle(process).kill()))
  rmSync(join(stackDir, name), { recursive: true, force: true })
  delete state[name]
  writeState(state)
}

export const isUp = entry => entry?.address !== undefined && entry.processes.every(isAlive)

/** Of what is up, by name. */
export const addresses = () =>
  Object.fromEntries(
    Object.entries(readState())
      .filter(([, entry]) => isUp(entry))
      .map(([name, entry]) => [name, entry.address]),
  )

function refuseOtherOptions(name, running, asked = {}) {
  for (const [key, value] of Object.entries(asked)) {
    if (running[key] === value) continue
    throw new Error(
      `${name} is up with ${key} = ${running[key] ?? 'default'}, not ${value}: run \`scripts/stack down ${name}\` first`,
    )
  }
}

const locked = (report, work) =>
  withLock(join(stackDir, 'lock'), work, { onWait: () => report('stack', 'waiting for another run of scripts/stack') })

async function allOrEveryReason(promises) {
  const reasons = (await Promise.allSettled(promises)).filter(result => result.status === 'rejected').map(result => result.reason)
  const messages = [...new Set(reasons.map(reason => reason.message))]
  if (messages.length > 0) throw new Error(messages.join('\n'), { cause: reasons[0] })
}
