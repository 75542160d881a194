import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type CommandIo, memoryIo } from '../../src/commands/io.ts'
import { runValidate } from '../../src/commands/validate.ts'
import type { Flags } from '../../src/config/environment.ts'
import { BIKES } from '../config/fixtures.ts'

const folder = mkdtempSync(join(tmpdir(), 'tidemark-validate-'))
writeFileSync(join(folder, 'bikes.json'), JSON.stringify(BIKES))

const fileOf = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const sourceOf = (file: string, io: CommandIo, flags: Flags = {}) => ({ source: { file, environment: io.env, flags } })

const GOOD = `namespace: shop
redis: { url: "redis://me:geheim@r:6379" }
models:
  - name: bikes
    reference: bikes.json
    windows: [{name: day, size: 1d}, {name: week, size: 7d}, {name: hourly, size: 1h, every: 10m}]
    segments: [daytype]
    itemsAtLeast: [1, 5]
  - name: "*"
    windows: [1m]
rules:
  - name: coverage-low
    when: coverage_ratio below 0.93
    resolveAt: 0.95
    for: 2
  - name: weather-drift
    models: bikes
    drift: ks
    subjects: temp
    window: week
    scope: both
    keepFiringFor: 3
  - name: demand-odd
    models: bikes
    when: mean(prediction) outside 5..15
    margin: 1
    scope: [daytype]
    versions: each
`

describe('a configuration in order', () => {
  test('is told in words, and exits with 0', async () => {
    const io = memoryIo()
    expect(await runValidate(sourceOf(fileOf('good.yaml', GOOD), io), io)).toBe(0)
    expect(io.err()).toBe('')
    expect(
      io
        .out()
        .replaceAll(folder, '')
        .replace(/policy .*/, 'policy     HASH'),
    ).toBe(`/good.yaml is in order.

namespace  shop
reads      topic predictions of localhost:9092, from earliest on the first start
writes     topics windows, alerts, dead-letters
schemas    http://localhost:8081
state      redis://me:***@r:6379
archive    none
metrics    http://0.0.0.0:9464/metrics
time       events up to 10s out of order; late ones count for another 1m
policy     HASH

model bikes
  reference  abcdef012345: 100 events, 2011-01-01 to 2011-06-29
  windows    day: 1d, 1 pane of 1d
             week: 7d from Monday, 7 panes of 1d
             hourly: 1h every 10m, 6 panes of 10m
  series     all traffic; by daytype (workday, weekend)
  features   1 numeric (temp), 1 categorical (season)
  items      at least 1, 5

every model that is not named
  reference  none
  windows    1m: 1m, 1 pane of 1m
  series     all traffic
  features   none

rules
  coverage-low   warning when coverage_ratio is below 0.93, resolves at 0.95 in 2 windows in a row (every window of every model, all traffic, from 30 samples)
  weather-drift  warning when KS against the reference exceeds 0.05 with p below 0.000001 for temp (window week of bikes, all traffic and each segment, from 30 samples); resolves after 3 good windows in a row
  demand-odd     warning when mean of prediction is outside 5..15, resolves 1 inside (every window of bikes, each daytype, each version by itself, from 30 samples)
`)
  })
  test('an empty one says that nothing is judged', async () => {
    const io = memoryIo({ TIDEMARK_ELASTICSEARCH_URL: 'http://e:9200' })
    expect(await runValidate(sourceOf(fileOf('empty.yaml', ''), io, { 'kafka-brokers': 'k:9092' }), io)).toBe(0)
    expect(io.out()).toContain('no rules: windows are measured, nothing is judged')
    expect(io.out()).toContain('index tidemark-predictions of http://e:9200')
    expect(io.out()).toContain('topic predictions of k:9092')
  })
})

describe('a configuration with problems', () => {
  test('lists them all on stderr, and exits with 78', async () => {
    const io = memoryIo({ TIDEMARK_HTTP_PORT: 'x' })
    const file = fileOf('bad.yaml', 'namespace: a b\nkafak: {}\n')
    expect(await runValidate(sourceOf(file, io), io)).toBe(78)
    expect(io.out()).toBe('')
    expect(io.err()).toBe(`The configuration has 3 problems:

${file}:1:12  namespace: "a b" is not a name
    cure: use letters, digits, \`.\`, \`_\` and \`-\`, at most 100, a letter or digit first
${file}:2:1  kafak: is not a key that is known here
    cure: did you mean \`kafka\`?
TIDEMARK_HTTP_PORT  http.port: "x" is not a whole number from 0 to 65535
    cure: write a whole number from 0 to 65535, such as 9464
`)
  })
  test('a file that is not there is one of them', async () => {
    const io = memoryIo()
    expect(await runValidate(sourceOf(join(folder, 'none.yaml'), io), io)).toBe(78)
    expect(io.err()).toContain('there is no such file')
  })
})
