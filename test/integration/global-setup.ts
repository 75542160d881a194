import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'
import { addresses, binary, down, repository, type ServerName, stackDir, up, withLock } from '../../scripts/stack.d/index.mjs'
import type { Stack } from '../support/stack.ts'

const VARIABLES = {
  kafka: 'KAFKA_BROKERS',
  registry: 'SCHEMA_REGISTRY_URL',
  redis: 'REDIS_URL',
  elasticsearch: 'ELASTICSEARCH_URL',
} as const
type Needed = keyof typeof VARIABLES

let started: ServerName[] = []

/** Servers that the environment names are used as they are; the others are started, and stopped again by `teardown`. */
export async function setup(project: TestProject): Promise<void> {
  const own = (Object.keys(VARIABLES) as Needed[]).filter(name => !process.env[VARIABLES[name]])
  const report = (name: string, line: string) => console.error(`${name.padEnd(14)} ${line}`)
  const before = addresses()
  const [servers, program] = await Promise.allSettled([up([...own, 'tools'], { report }), build()])
  started = servers.status === 'fulfilled' ? servers.value : own.filter(name => before[name] === undefined)
  const failures = [servers, program].filter(result => result.status === 'rejected')
  if (failures.length > 0) {
    await teardown()
    throw new Error(failures.map(({ reason }) => String(reason instanceof Error ? reason.message : reason)).join('\n'))
  }
  project.provide('stack', describeStack())
}

export async function teardown(): Promise<void> {
  if (started.length > 0) await down(started)
  started = []
}

function describeStack(): Stack {
  const running = addresses()
  const addressOf = (name: Needed): string => {
    const address = process.env[VARIABLES[name]] || running[name]
    if (address) return address
    throw new Error(`${name} is neither up nor named in ${VARIABLES[name]}`)
  }
  return {
    kafkaBrokers: addressOf('kafka').split(','),
    registryUrl: addressOf('registry'),
    redisUrl: addressOf('redis'),
    elasticsearchUrl: addressOf('elasticsearch'),
    prometheusBin: binary('prometheus'),
    promtoolBin: binary('promtool'),
    alertmanagerBin: binary('alertmanager'),
    pushgatewayBin: binary('pushgateway'),
    chromiumBin: binary('chromium'),
    dockerComposeBin: binary('dockerCompose'),
  }
}

/** Tests spawn dist/main.js. TIDEMARK_SKIP_BUILD=1 takes the dist/ that is there. */
async function build(): Promise<void> {
  if (process.env.TIDEMARK_SKIP_BUILD === '1') {
    console.error('build          skipped (TIDEMARK_SKIP_BUILD=1)')
    return
  }
  const npm = () => promisify(execFile)('npm', ['run', '--silent', 'build'], { cwd: repository, maxBuffer: 16 * 1024 * 1024 })
  try {
    await withLock(join(stackDir, 'build.lock'), npm)
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string }
    throw new Error(`npm run build failed:\n${stdout + stderr || message}`, { cause: error })
  }
}
