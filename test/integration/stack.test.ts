import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import { Kafka, logLevel } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { repository } from '../../scripts/stack.d/index.mjs'
import { stack } from '../support/stack.ts'

const run = promisify(execFile)

describe('every server of the stack answers', () => {
  it('Kafka describes its cluster, one broker for every address', async () => {
    const { kafkaBrokers } = stack()
    const admin = new Kafka({ clientId: 'stack-test', brokers: kafkaBrokers, logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    const cluster = await admin.describeCluster()
    await admin.disconnect()
    expect(cluster.brokers.map(({ host, port }) => `${host}:${port}`)).toEqual(expect.arrayContaining(kafkaBrokers))
  })

  it('the schema registry lists its subjects', async () => {
    const subjects = await fetchJson(`${stack().registryUrl}/subjects`)
    expect(Array.isArray(subjects)).toBe(true)
  })

  it('Redis answers PING, logs what it is told, and evicts nothing', async () => {
    const redis = new Redis(stack().redisUrl)
    expect(await redis.ping()).toBe('PONG')
    expect(await redis.config('GET', 'appendonly', 'maxmemory-policy')).toEqual(
      expect.arrayContaining(['appendonly', 'yes', 'maxmemory-policy', 'noeviction']),
    )
    redis.disconnect()
  })

  it('Elasticsearch has a cluster that is not red', async () => {
    const health = await fetchJson(`${stack().elasticsearchUrl}/_cluster/health`)
    expect(health).toMatchObject({ status: expect.stringMatching(/green|yellow/), number_of_nodes: expect.any(Number) })
  })

  it.each(['prometheusBin', 'promtoolBin', 'alertmanagerBin', 'pushgatewayBin'] as const)('%s says its version', async name => {
    const { stdout, stderr } = await run(stack()[name], ['--version'])
    expect(stdout + stderr).toMatch(/version \d+\.\d+/)
  })

  it('Chromium draws a page', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tidemark-chromium-'))
    const picture = join(folder, 'page.png')
    const flags = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      `--user-data-dir=${folder}/profile`,
    ]
    await run(stack().chromiumBin, [...flags, `--screenshot=${picture}`, '--window-size=320,200', 'data:text/html,<h1>tide</h1>'])
    const bytes = await readFile(picture)
    expect(bytes.subarray(1, 4).toString()).toBe('PNG')
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([320, 200])
    await rm(folder, { recursive: true, force: true })
  })
})

type Compose = Readonly<{
  services: Record<string, Readonly<Record<string, unknown> & { depends_on?: unknown; ports?: string[] }>>
}>
const compose = async () => parse(await readFile(join(repository, 'docker-compose.yml'), 'utf8')) as Compose

describe('docker-compose.yml', () => {
  it('is accepted by docker-compose', async () => {
    await run(stack().dockerComposeBin, ['--file', join(repository, 'docker-compose.yml'), 'config', '-q'])
  })

  it('checks the health of every service, and who depends on one waits for it to be healthy', async () => {
    const { services } = await compose()
    for (const [name, service] of Object.entries(services)) {
      expect(service, name).toHaveProperty('healthcheck.test')
      for (const [other, { condition }] of Object.entries((service.depends_on ?? {}) as Record<string, { condition?: string }>)) {
        expect(condition, `${name} depends on ${other}`).toBe('service_healthy')
      }
    }
  })

  it('publishes its ports, which no password protects, on the loopback only', async () => {
    const { services } = await compose()
    for (const port of Object.values(services).flatMap(service => service.ports ?? [])) expect(port).toMatch(/^127\.0\.0\.1:/)
  })

  it('gives Prometheus a configuration that promtool accepts', async () => {
    await run(stack().promtoolBin, ['check', 'config', join(repository, 'deploy/prometheus/prometheus.yml')])
  })
})

describe('Dockerfile', () => {
  it('runs the last stage as a user other than root, and says how to tell that it is alive', async () => {
    const lines = (await readFile(join(repository, 'Dockerfile'), 'utf8')).replaceAll('\\\n', ' ').split('\n')
    const stage = lines.slice(lines.findLastIndex(line => line.startsWith('FROM ')))
    const user = stage.findLast(line => line.startsWith('USER '))?.slice('USER '.length)
    expect(user).toMatch(/\S/)
    expect(user).not.toMatch(/^(root|0)(:|$)/)
    expect(stage.join('\n')).toMatch(/^HEALTHCHECK .*:9464\/livez/m)
  })
})

async function fetchJson(url: string): Promise<unknown> {
  const response = await fetch(url)
  expect(response.status, url).toBe(200)
  return response.json()
}
