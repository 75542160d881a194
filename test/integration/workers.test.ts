import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { describeRealData } from '../support/real-data.ts'
import { stack } from '../support/stack.ts'
import { eventually, metricSamples, runTidemark, startTidemark } from '../support/tidemark-process.ts'
import { exampleOn, ledger, replayed, resultsById, subscribe } from './support.ts'

const PARTITIONS = 3
const EVENTS = 13_063

/** Who reads something, by the label `worker`. */
const readers = async (url: string): Promise<ReadonlySet<string | undefined>> => {
  const read = await metricSamples(url, 'tidemark_process_records_read_total')
  return new Set([...read].filter(([, value]) => value > 0).map(([labels]) => /worker="(\d+)"/.exec(labels)?.[1]))
}

describeRealData('tidemark run --workers', ['flights/predictions.ndjson.gz'], dir => {
  it('measures with two threads what replay measures with one, and is one process to who looks at it', async () => {
    const file = join(dir, 'flights', 'predictions.ndjson.gz')
    const run = exampleOn(stack(), 'flights', PARTITIONS)
    const expected = await replayed(file, run, PARTITIONS)
    const tidemark = startTidemark(['run', '--workers', '2', '--roles', 'monitor,archive', '-c', run.config])
    const url = await tidemark.url()
    try {
      const ready = await eventually('it is ready', async () => {
        const reply = await fetch(`${url}/readyz`)
        return reply.ok && ((await reply.json()) as { dependencies: { name: string }[] })
      })
      expect(ready.dependencies.map(({ name }) => name)).toEqual([
        'kafka',
        'redis',
        'schema-registry',
        'monitor',
        'archive',
        'worker-1',
        'worker-2',
      ])
      expect((await fetch(`${url}/livez`)).status).toBe(200)
      await eventually('both have partitions', async () => {
        const owned = await metricSamples(url, 'tidemark_process_partition_epoch')
        return owned.size === PARTITIONS && [...owned.keys()].some(key => key.includes('worker="2"'))
      })
      const published = await runTidemark(['publish', file, '-c', run.config, '--end'])
      expect(published.code, published.output).toBe(0)
      const windows = await subscribe(stack(), run.topics.windows)
      await eventually('every window has left', async () => resultsById(windows.read).size >= expected.size)
      expect(Object.fromEntries(resultsById(windows.read))).toEqual(Object.fromEntries(expected))
      await windows.stop()
      expect(await readers(url)).toEqual(new Set(['1', '2']))
      const balance = await eventually('the ledger of both has every event', async () => {
        const now = await ledger(url)
        return now.read === EVENTS + PARTITIONS && now
      })
      expect(balance.inWindows).toBe(EVENTS)
      const page = await (await fetch(`${url}/metrics`)).text()
      expect(page.match(/^# TYPE tidemark_process_records_read_total /gm)).toHaveLength(1)
      expect(page.match(/^process_cpu_seconds_total/gm), 'of the process, once').toHaveLength(1)
      const budgets = await metricSamples(url, 'tidemark_process_budget_limit_bytes')
      const memory = [...budgets].filter(([labels]) => /memory/.test(labels)).reduce((sum, [, bytes]) => sum + bytes, 0)
      expect(memory, 'the budget is that of the process').toBe(2 ** 30)
    } finally {
      expect(await tidemark.kill('SIGTERM')).toBe(0)
    }
    expect(tidemark.lines.filter(({ msg }) => msg === 'stopped').map(({ worker }) => worker)).toHaveLength(2)
  })

  it('ends with 78, as a whole, when stored state does not fit', async () => {
    const run = exampleOn(stack(), 'flights', PARTITIONS)
    const first = startTidemark(['run', '-c', run.config])
    const url = await first.url()
    await eventually('its state is stored', async () => {
      const { output } = await runTidemark(['state', '-c', run.config, '--json'])
      const { partitions } = JSON.parse(output) as { partitions: { stored: unknown }[] }
      return (await fetch(`${url}/readyz`)).ok && partitions.every(({ stored }) => stored !== null)
    })
    expect(await first.kill('SIGTERM')).toBe(0)
    writeFileSync(run.config, readFileSync(run.config, 'utf8').replace('segments: [origin]', 'segments: []'))
    const second = startTidemark(['run', '--workers', '2', '-c', run.config])
    expect(await second.exited).toBe(78)
    expect(JSON.stringify(second.lines)).toContain('does not fit this configuration')
  })
})
