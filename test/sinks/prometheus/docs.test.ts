import { readFileSync } from 'node:fs'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { createDomainMetrics, MAX_MEASURES_PER_MODEL } from '../../../src/sinks/prometheus/domain-metrics.ts'
import { createMeters } from '../../../src/sinks/prometheus/process/meters.ts'
import { createWorkerMetrics } from '../../../src/sinks/prometheus/process/workers.ts'
import { createProcessMetrics } from '../../../src/sinks/prometheus/process-metrics.ts'

const doc = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8')

/** What prom-client keeps of a metric and its types leave out. */
type Described = { name: string; type: string; help: string; labelNames: readonly string[] }

const described = (): readonly Described[] => {
  const registry = new Registry()
  createDomainMetrics(registry)
  createProcessMetrics({ registry, nowMs: () => 0, defaultMetrics: true })
  createWorkerMetrics(createMeters(registry))
  return registry.getMetricsAsArray() as unknown as readonly Described[]
}

const rowsOfCode = (): string[] =>
  described().map(
    ({ name, type, labelNames, help }) =>
      `| \`${name}\` | ${type} | ${labelNames.map(label => `\`${label}\``).join(' ')} | ${help} |`,
  )

test('docs/metrics.md lists every metric with its type, labels and help, and no other', () => {
  const rowsOfDoc = doc.split('\n').filter(line => line.startsWith('| `'))
  expect(rowsOfDoc.toSorted()).toEqual(rowsOfCode().toSorted())
})

test('docs/metrics.md names the limit of measures per model', () => {
  expect(doc).toContain(`At most ${MAX_MEASURES_PER_MODEL.toLocaleString('en')} measures of a model`)
})

test('names follow the conventions of Prometheus', () => {
  for (const { name, type, help } of described()) {
    expect(name, name).toMatch(/^(tidemark|process|nodejs)_[a-z0-9_]+$/)
    expect(name, name).not.toMatch(/_(ms|millis|milliseconds|minutes|kb|mb)(_|$)/)
    expect(help, name).toMatch(/\.$/)
    if (name.startsWith('tidemark_')) expect(name.endsWith('_total'), name).toBe(type === 'counter')
  }
})
