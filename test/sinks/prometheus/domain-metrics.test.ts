import { Registry } from 'prom-client'
import { describe, expect, test } from 'vitest'
import { createDomainMetrics } from '../../../src/sinks/prometheus/domain-metrics.ts'
import { measure, notEnoughData } from '../../../src/windows/measure.ts'
import { windowResult } from '../support.ts'

const start = (limit?: number) => {
  const registry = new Registry()
  const metrics = createDomainMetrics(registry, limit)
  /** Lines of samples, without HELP and TYPE. */
  const scrape = async (): Promise<readonly string[]> =>
    (await registry.metrics()).split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return { metrics, scrape }
}

describe('windows', () => {
  test('the last fired window of each series is shown, with its end', async () => {
    const { metrics, scrape } = start()
    metrics.windowsFired(0, [
      windowResult({
        segment: { market: 'de' },
        measures: [measure('psi', 'temp', 0.3, 100), measure('latency_p95_ms', '', 250, 100)],
      }),
    ])
    const labels = 'model="m",version="*",segment="market=de",window="1m"'
    expect(await scrape()).toEqual([
      `tidemark_window_measure{${labels},metric="psi",subject="temp"} 0.3`,
      `tidemark_window_latency_seconds{${labels},quantile="0.95"} 0.25`,
      `tidemark_window_samples{${labels}} 100`,
      `tidemark_window_end_timestamp_seconds{${labels}} 60`,
      `tidemark_window_complete{${labels}} 1`,
    ])
  })

  test('a measure that no longer has enough data disappears', async () => {
    const { metrics, scrape } = start()
    metrics.windowsFired(0, [windowResult({ measures: [measure('psi', 'temp', 0.3, 100)] })])
    metrics.windowsFired(0, [
      windowResult({ start: 60_000, end: 120_000, samples: 2, measures: [notEnoughData('psi', 'temp', 2)] }),
    ])
    const lines = await scrape()
    expect(lines.filter(line => line.startsWith('tidemark_window_measure'))).toEqual([])
    expect(lines).toContain('tidemark_window_samples{model="m",version="*",segment="",window="1m"} 2')
  })

  test('an older window, or a lower revision of the same, changes nothing', async () => {
    const { metrics, scrape } = start()
    const psi = (value: number) => [measure('psi', 'temp', value, 100)]
    metrics.windowsFired(0, [windowResult({ end: 120_000, revision: 1, measures: psi(2) })])
    metrics.windowsFired(0, [windowResult({ end: 60_000, revision: 1, measures: psi(1) })])
    metrics.windowsFired(0, [windowResult({ end: 120_000, revision: 0, measures: psi(3) })])
    expect(await scrape()).toContain(
      'tidemark_window_measure{model="m",version="*",segment="",window="1m",metric="psi",subject="temp"} 2',
    )
  })

  test('a revision replaces what it revises', async () => {
    const { metrics, scrape } = start()
    metrics.windowsFired(0, [windowResult({ revision: 0, samples: 5 }), windowResult({ revision: 1, samples: 6 })])
    expect(await scrape()).toContain('tidemark_window_samples{model="m",version="*",segment="",window="1m"} 6')
  })

  test('beyond the limit a model omits its segments and says how much', async () => {
    const { metrics, scrape } = start(1)
    metrics.windowsFired(0, [windowResult({ segment: { market: 'de' } }), windowResult()])
    const lines = await scrape()
    expect(lines.filter(line => line.startsWith('tidemark_window_measure{'))).toEqual([
      'tidemark_window_measure{model="m",version="*",segment="",window="1m",metric="error_ratio",subject=""} 0.25',
    ])
    expect(lines).toContain('tidemark_window_measures_omitted{model="m"} 1')
  })
})

describe('numbers of a shard', () => {
  const numbers = (predictions: number) => ({
    predictions: [{ model: 'm', version: 'v1', predictions, errors: 1 }],
    firing: [
      { rule: 'errors', severity: 'critical', model: 'm', count: 2 },
      { rule: 'drift', severity: 'warning', model: 'm', count: 0 },
    ],
    alerts: [{ rule: 'errors', severity: 'critical', model: 'm', state: 'firing', count: 7 }],
  })

  test('are absolute: said twice, they count once', async () => {
    const { metrics, scrape } = start()
    metrics.shardNumbers(0, numbers(10))
    metrics.shardNumbers(0, numbers(10))
    await scrape()
    expect(await scrape()).toEqual([
      'tidemark_predictions_total{model="m",version="v1"} 10',
      'tidemark_prediction_errors_total{model="m",version="v1"} 1',
      'tidemark_alerts_firing{rule="errors",severity="critical",model="m"} 2',
      'tidemark_alerts_firing{rule="drift",severity="warning",model="m"} 0',
      'tidemark_alerts_total{rule="errors",severity="critical",model="m",state="firing"} 7',
    ])
  })
})

describe('what is gone', () => {
  test('a shard that was lost takes its series and numbers along, and no other shard’s', async () => {
    const { metrics, scrape } = start()
    metrics.windowsFired(0, [windowResult({ model: 'lost' })])
    metrics.windowsFired(1, [windowResult({ model: 'kept' })])
    for (const [shard, model] of [
      [0, 'lost'],
      [1, 'kept'],
    ] as const)
      metrics.shardNumbers(shard, { predictions: [{ model, version: 'v', predictions: 1, errors: 0 }], firing: [], alerts: [] })
    expect((await scrape()).join('\n')).toContain('model="lost"')
    metrics.forgetShard(0)
    const lines = await scrape()
    expect(lines.join('\n')).not.toContain('model="lost"')
    expect(lines).toContain('tidemark_predictions_total{model="kept",version="v"} 1')
    expect(lines).toContain('tidemark_window_samples{model="kept",version="*",segment="",window="1m"} 100')
  })

  test('a retired series goes, with all its windows', async () => {
    const { metrics, scrape } = start()
    metrics.windowsFired(0, [windowResult({ version: 'v1' }), windowResult({ version: 'v1', window: '1h' }), windowResult()])
    expect((await scrape()).join()).toContain('version="v1"')
    metrics.forgetSeries(0, { model: 'm', version: 'v1', segment: {} })
    const samples = (await scrape()).filter(line => line.startsWith('tidemark_window_samples'))
    expect(samples).toEqual(['tidemark_window_samples{model="m",version="*",segment="",window="1m"} 100'])
  })
})
