import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { createDomainMetrics } from '../../src/sinks/prometheus/domain-metrics.ts'
import { createMeters } from '../../src/sinks/prometheus/process/meters.ts'
import { createWorkerMetrics } from '../../src/sinks/prometheus/process/workers.ts'
import { createProcessMetrics } from '../../src/sinks/prometheus/process-metrics.ts'

const ROOT = new URL('../../', import.meta.url).pathname
const text = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8')
const configuration = readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8')

const source = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.ts'))
  .map(name => readFileSync(join(ROOT, 'src', name), 'utf8'))
  .join('\n')

const quoted = [...text.matchAll(/`([^`]+)`/g)].map(([, quote]) => quote)

const metricNames = (): ReadonlySet<string> => {
  const registry = new Registry()
  createDomainMetrics(registry)
  createProcessMetrics({ registry, nowMs: () => 0, defaultMetrics: true })
  createWorkerMetrics(createMeters(registry))
  return new Set(registry.getMetricsAsArray().map(({ name }) => name))
}

describe('docs/operations.md', () => {
  it('names metrics that there are', () => {
    const names = metricNames()
    const named = quoted.map(quote => quote.split('{')[0]).filter(name => /^(tidemark|nodejs|process)_[a-z_]+$/.test(name))
    expect(named.length).toBeGreaterThan(20)
    expect(named.filter(name => !names.has(name))).toEqual([])
  })

  it('quotes what the program says, word for word', () => {
    // where the program puts in a number, the page writes N
    const says = (quote: string): boolean => {
      const parts = quote
        .replace(/^\S+: (waiting|works again)$/, '$1')
        .split(/\bN\b/)
        .map(part => part.trim())
      return parts.every(part => source.includes(part))
    }
    const sentences = quoted.filter(
      quote => / /.test(quote) && !/^(tidemark [a-z]|maxmemory)/.test(quote) && !/^[a-zA-Z.]+: \S+$/.test(quote),
    )
    expect(sentences.length).toBeGreaterThan(25)
    expect(sentences.filter(quote => !says(quote))).toEqual([])
  })

  it('names keys of the configuration that there are', () => {
    const keys = quoted
      .map(quote => quote.split(':')[0])
      .filter(key => /^(kafka|redis|time|checkpoint|budget|limits|schemaRegistry|elasticsearch)\.[a-zA-Z]+$/.test(key))
    expect(keys.length).toBeGreaterThan(15)
    expect(keys.filter(key => !configuration.includes(`\`${key}\``))).toEqual([])
  })
})
