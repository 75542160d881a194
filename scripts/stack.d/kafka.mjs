import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { launchTogether, ownDirectory } from './directory.mjs'
import { brokerCount, coordinatorsAnswer } from './kafka-wire.mjs'
import { ensureMaven } from './maven.mjs'
import { launch, run, SHORT_LIVED_JVM } from './process.mjs'
import { freePorts, waitFor } from './wait.mjs'

const VERSION = '4.1.1'
const LOG4J = '2.25.4'
const CLUSTER_ID = 'dGlkZW1hcmstc3RhY2sxMA'

const logging = artifact => ({ group: 'org.apache.logging.log4j', artifact, version: LOG4J })
const distribution = {
  name: `kafka-${VERSION}`,
  goal: 'copy-dependencies',
  dependencies: [
    { group: 'org.apache.kafka', artifact: 'kafka_2.13', version: VERSION },
    ...['log4j-api', 'log4j-core', 'log4j-slf4j-impl'].map(logging), // named in no POM of Kafka's
  ],
}

export const fetchKafka = report => ensureMaven(distribution, report)

function settings({ id, port, controllerPort, voters, brokers, data, config }) {
  const replicas = Math.min(brokers, 3)
  return {
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': voters,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': data,
    'auto.create.topics.enable': false,
    'default.replication.factor': replicas,
    'min.insync.replicas': Math.max(1, replicas - 1),
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': Math.max(1, replicas - 1),
    // 50 each by default: a fresh broker then answers "coordinator is loading" for a while.
    'offsets.topic.num.partitions': 5,
    'transaction.state.log.num.partitions': 5,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    // Event times of long ago are normal here: by age, records would be deleted under a running test.
    'log.retention.ms': -1,
    'log.retention.check.interval.ms': 10_000,
    'log.segment.delete.delay.ms': 1000,
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
    ...config,
  }
}

const LOG4J_CONFIG = `appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %c{1} %m%n
rootLogger.level = INFO
rootLogger.appenderRef.out.ref = out
`

/**
 * A KRaft cluster of `brokers` nodes, each broker and controller. `config` is laid over every node's server.properties.
 */
export async function startKafka({ brokers = 1, dir, config = {}, heapMb = 512, report = () => {}, ...options } = {}) {
  const jars = await fetchKafka(report)
  const home = ownDirectory('kafka', dir)
  const ports = await freePorts(2 * brokers)
  const ids = Array.from({ length: brokers }, (_, index) => index + 1)
  const addresses = ids.map(id => `127.0.0.1:${ports[id - 1]}`)
  const voters = ids.map(id => `${id}@127.0.0.1:${ports[brokers + id - 1]}`).join(',')

  const java = ['-cp', `${jars}/*`, `-Dlog4j2.configurationFile=${home.path}/log4j2.properties`]
  writeFileSync(join(home.path, 'log4j2.properties'), LOG4J_CONFIG)

  async function format(id) {
    const node = join(home.path, `node-${id}`)
    mkdirSync(node, { recursive: true })
    const controllerPort = ports[brokers + id - 1]
    const data = join(node, 'data')
    const lines = Object.entries(settings({ id, port: ports[id - 1], controllerPort, voters, brokers, data, config }))
    writeFileSync(join(node, 'server.properties'), lines.map(([key, value]) => `${key}=${value}\n`).join(''))
    const storage = ['kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', `${node}/server.properties`]
    await run('java', [...SHORT_LIVED_JVM, ...java, ...storage, '--ignore-formatted'], { log: join(node, 'format.log') })
  }

  const nodes = await launchTogether(home, options, async more => {
    await Promise.all(ids.map(format))
    const started = await Promise.all(ids.map(id => start(id, brokers, more)))
    await waitFor('the coordinators of kafka', () => Promise.all(ports.slice(0, brokers).map(coordinatorsAnswer)))
    return started
  })
  function start(id, expected, more) {
    const port = ports[id - 1]
    return launch({
      ...more,
      name: brokers === 1 ? 'kafka' : `kafka-${id}`,
      port,
      url: addresses[id - 1],
      dir: join(home.path, `node-${id}`),
      command: 'java',
      args: [`-Xmx${heapMb}m`, ...java, 'kafka.Kafka', join(home.path, `node-${id}`, 'server.properties')],
      ready: async () => (await brokerCount(port)) >= expected,
    })
  }

  return {
    addresses,
    nodes,
    /** Starts a node that was stopped or killed, on its port and its data; resolves when it serves again. */
    restart: async index => {
      nodes[index] = await start(index + 1, 1, options)
      return nodes[index]
    },
    stop: async () => {
      // A clean end of all nodes at once takes 7 s: they wait for the controllers that end with them.
      await Promise.all(nodes.map(node => (home.temporary ? node.kill() : node.stop())))
      home.remove()
    },
  }
}
