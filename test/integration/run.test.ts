import { join } from 'node:path'
import { Redis } from 'ioredis'
import { expect, it } from 'vitest'
import { startPrometheus } from '../../scripts/stack.d/index.mjs'
import { describeRealData } from '../support/real-data.ts'
import { stack } from '../support/stack.ts'
import { eventually, metricSum, runTidemark, startTidemark } from '../support/tidemark-process.ts'
import { exampleOn, ledger, replayed, resultsById, subscribe } from './support.ts'

const PARTITIONS = 3
const EVENTS = { flights: 13_063, bikes: 13_129 } as const

describeRealData('tidemark run on real servers', ['flights/predictions.ndjson.gz', 'bikes/predictions.ndjson.gz'], dir => {
  const fileOf = (example: keyof typeof EVENTS): string => join(dir, example, 'predictions.ndjson.gz')

  it.each(['flights', 'bikes'] as const)(
    'measures the %s stream as replay does, to the last event, and archives each event once',
    async example => {
      const run = exampleOn(stack(), example, PARTITIONS)
      const expected = await replayed(fileOf(example), run, PARTITIONS)
      const tidemark = startTidemark(['run', '--roles', 'monitor,archive', '-c', run.config])
      const url = await tidemark.url()
      const prometheus = await startPrometheus({
        config: `scrape_configs:\n  - job_name: tidemark\n    scrape_interval: 1s\n    static_configs: [{ targets: ['${new URL(url).host}'] }]\n`,
      })
      try {
        await eventually('it is ready', async () => (await fetch(`${url}/readyz`)).ok)
        const published = await runTidemark(['publish', fileOf(example), '-c', run.config, '--end'])
        expect(published.code, published.output).toBe(0)

        const windows = await subscribe(stack(), run.topics.windows)
        await eventually('every window has left', async () => resultsById(windows.read).size >= expected.size)
        expect(Object.fromEntries(resultsById(windows.read))).toEqual(Object.fromEntries(expected))
        await windows.stop()

        const total = EVENTS[example] + PARTITIONS // the end markers are skipped
        const balance = await eventually('the ledger has every event', async () => {
          const now = await ledger(url)
          return now.read === total && now
        })
        expect(balance).toEqual({ read: total, inWindows: EVENTS[example], tooLate: 0, deadLettered: 0, skipped: PARTITIONS })

        const search = async (path: string, body: unknown): Promise<Record<string, never>> => {
          await fetch(`${stack().elasticsearchUrl}/${run.index}-*/_refresh`, { method: 'POST' })
          const reply = await fetch(`${stack().elasticsearchUrl}/${run.index}-*/${path}`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body),
          })
          return (await reply.json()) as Record<string, never>
        }
        await eventually(
          'Elasticsearch has every event',
          async () => Number((await search('_count', {})).count) >= EVENTS[example],
        )
        expect(Number((await search('_count', {})).count)).toBe(EVENTS[example])

        const model = example === 'flights' ? 'flight-delay' : 'bike-demand'
        const scraped = await eventually('Prometheus has scraped the total', async () => {
          const query = encodeURIComponent(`sum(tidemark_predictions_total{model="${model}"})`)
          const reply = (await (await fetch(`${prometheus.url}/api/v1/query?query=${query}`)).json()) as {
            data?: { result?: { value: [number, string] }[] }
          }
          const value = reply.data?.result?.[0]?.value[1]
          return value !== undefined && Number(value) === EVENTS[example] && Number(value)
        })
        expect(scraped).toBe(EVENTS[example])
      } finally {
        await prometheus.stop()
        expect(await tidemark.kill('SIGTERM')).toBe(0)
      }
    },
  )

  it('changes no window when it is killed in the middle of a stream and started again', async () => {
    const run = exampleOn(stack(), 'flights', PARTITIONS)
    const expected = await replayed(fileOf('flights'), run, PARTITIONS)
    const first = startTidemark(['run', '-c', run.config])
    const url = await first.url()
    await eventually('it is ready', async () => (await fetch(`${url}/readyz`)).ok)
    const publishing = runTidemark(['publish', fileOf('flights'), '-c', run.config, '--rate', '1500', '--end'])
    const position = (): Promise<number> => metricSum(url, 'tidemark_process_partition_position', 'role="monitor"')
    let reached = 0
    await eventually('it is in the middle of the stream', async () => {
      reached = await position()
      return reached > EVENTS.flights / 3
    })
    await first.kill('SIGKILL')

    const redis = new Redis(stack().redisUrl)
    const openPanes = await redis.keys(`{tidemark:${run.namespace}:in:*`)
    await redis.quit()
    expect(openPanes.length, 'panes of open windows lie in Redis').toBeGreaterThan(PARTITIONS)

    const second = startTidemark(['run', '-c', run.config])
    try {
      const claims = await eventually('it claims every partition', async () => {
        const lines = second.lines.filter(({ msg }) => msg === 'partition claimed')
        return lines.length === PARTITIONS && lines
      })
      const restartedAt = claims.reduce((sum, { offset }) => sum + Number(offset), 0)
      expect(restartedAt, 'records are read again').toBeLessThan(reached)
      expect(restartedAt, 'it goes on from a restart point').toBeGreaterThan(0)
      const published = await publishing
      expect(published.code, published.output).toBe(0)
      const windows = await subscribe(stack(), run.topics.windows)
      await eventually('every window has left', async () => resultsById(windows.read).size >= expected.size)
      expect(Object.fromEntries(resultsById(windows.read))).toEqual(Object.fromEntries(expected))
      await windows.stop()
    } finally {
      expect(await second.kill('SIGTERM')).toBe(0)
    }
  })

  it('changes no window when a second process joins in the middle of a stream and the first one leaves', async () => {
    const run = exampleOn(stack(), 'flights', PARTITIONS)
    const expected = await replayed(fileOf('flights'), run, PARTITIONS)
    const first = startTidemark(['run', '-c', run.config])
    const url = await first.url()
    await eventually('it is ready', async () => (await fetch(`${url}/readyz`)).ok)
    const publishing = runTidemark(['publish', fileOf('flights'), '-c', run.config, '--rate', '1000', '--end'])
    const read = (from: string): Promise<number> => metricSum(from, 'tidemark_process_records_read_total', 'role="monitor"')
    await eventually('the stream has begun', async () => (await read(url)) > 1000)
    const second = startTidemark(['run', '-c', run.config])
    try {
      const secondUrl = await second.url()
      await eventually('both read', async () => (await read(secondUrl)) > 100)
      expect(await first.kill('SIGTERM'), 'it leaves cleanly').toBe(0)
      const published = await publishing
      expect(published.code, published.output).toBe(0)
      const windows = await subscribe(stack(), run.topics.windows)
      await eventually('every window has left', async () => resultsById(windows.read).size >= expected.size)
      expect(Object.fromEntries(resultsById(windows.read))).toEqual(Object.fromEntries(expected))
      await windows.stop()
    } finally {
      expect(await second.kill('SIGTERM')).toBe(0)
    }
  })
})
