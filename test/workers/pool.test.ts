import { pino } from 'pino'
import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { createMeters } from '../../src/sinks/prometheus/process/meters.ts'
import { createWorkerMetrics } from '../../src/sinks/prometheus/process/workers.ts'
import { mergedOperations } from '../../src/workers/merge.ts'
import { createWorkerPool } from '../../src/workers/pool.ts'
import { eventually } from '../support/tidemark-process.ts'

/** By worker, what each of its starts does; the last one is repeated. */
const startPool = (behaviours: readonly (readonly string[])[]) => {
  const starts = behaviours.map(() => 0)
  const registry = new Registry()
  const pool = createWorkerPool({
    entry: new URL('./thread.mjs', import.meta.url),
    count: behaviours.length,
    dataOf: worker => {
      const list = behaviours[worker - 1]
      const behaviour = list[Math.min(starts[worker - 1]++, list.length - 1)]
      return { worker, behaviour }
    },
    metrics: createWorkerMetrics(createMeters(registry)),
    logger: pino({ level: 'silent' }),
    backoff: { baseMs: 1, maxMs: 1 },
  })
  const stopping = new AbortController()
  const ended = pool.run(stopping.signal)
  return {
    pool,
    ended,
    starts,
    operations: mergedOperations(registry, pool),
    stop: () => {
      stopping.abort()
      return ended
    },
  }
}

describe('a pool of workers', () => {
  test('runs until it is told to stop', async () => {
    const { stop, starts, pool } = startPool([['good'], ['good'], ['good']])
    expect(await pool.ask('alive', 60_000)).toEqual([true, true, true])
    expect(await stop()).toBe('stopped')
    expect(starts).toEqual([1, 1, 1])
    expect(pool.running()).toEqual([false, false, false])
  })

  test('starts a worker again that crashed or failed, and leaves the others alone', async () => {
    const { stop, starts, pool, operations } = startPool([['good'], ['crash', 'failed', 'crash', 'good']])
    await eventually('both answer', async () => (await pool.ask('alive', 60_000)).every(answer => answer === true))
    expect(starts).toEqual([1, 4])
    const page = await operations.metrics()
    expect(page).toContain('tidemark_process_worker_restarts_total{worker="1"} 0')
    expect(page).toContain('tidemark_process_worker_restarts_total{worker="2"} 3')
    expect(page).toContain('tidemark_process_worker_up{worker="2"} 1')
    expect(await stop()).toBe('stopped')
  })

  test('ends with all of them when one meets what no waiting cures', async () => {
    const { ended, starts } = startPool([['good'], ['unusable'], ['good']])
    expect(await ended).toBe('unusable')
    expect(starts).toEqual([1, 1, 1])
  })

  test('shows the metrics of all, each family once', async () => {
    const { stop, operations } = startPool([['good'], ['good']])
    const page = await operations.metrics()
    expect(page.match(/# TYPE starts counter/g)).toHaveLength(1)
    expect(page).toContain('starts{worker="1"} 1\nstarts{worker="2"} 1\n')
    await stop()
  })

  test('is ready when all are, and says whose dependency is down', async () => {
    const { stop, operations } = startPool([['good'], ['down']])
    expect(await operations.readiness()).toEqual([
      { name: 'redis', ok: false, reason: 'worker 2: ECONNREFUSED' },
      { name: 'worker-1', ok: true, reason: null },
      { name: 'worker-2', ok: true, reason: null },
    ])
    await stop()
    expect(await operations.readiness()).toEqual([
      { name: 'worker-1', ok: false, reason: 'does not answer' },
      { name: 'worker-2', ok: false, reason: 'does not answer' },
    ])
  })

  test('knows who does not answer, and who crashed instead of answering', async () => {
    const { stop, pool } = startPool([['good'], ['silent'], ['crash-when-asked', 'good']])
    await eventually('the first answers', async () => (await pool.ask('alive', 1_000))[0] === true)
    expect((await pool.ask('alive', 500))[1]).toBe(null)
    await eventually('the third is back', async () => (await pool.ask('alive', 1_000))[2] === true)
    expect(await stop()).toBe('stopped')
  })
})
