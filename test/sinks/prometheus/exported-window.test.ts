import { describe, expect, test } from 'vitest'
import { exportMeasure, exportWindow, segmentLabel, selectWithinLimit } from '../../../src/sinks/prometheus/exported-window.ts'
import { measure, notEnoughData } from '../../../src/windows/measure.ts'
import { windowResult } from '../support.ts'

describe('a measure as Prometheus should see it', () => {
  test('a ratio keeps its name and value', () => {
    expect(exportMeasure(measure('error_ratio', '', 0.25, 40))).toEqual({
      kind: 'measure',
      metric: 'error_ratio',
      subject: '',
      value: 0.25,
    })
  })

  test('time is in seconds, and the name says so', () => {
    expect(exportMeasure(measure('latency_mean_ms', '', 120, 40))).toEqual({
      kind: 'measure',
      metric: 'latency_mean_seconds',
      subject: '',
      value: 0.12,
    })
  })

  test.each([
    ['latency_p50_ms', '0.5'],
    ['latency_p95_ms', '0.95'],
    ['latency_p99_ms', '0.99'],
    ['latency_p999_ms', '0.999'],
    ['latency_p5_ms', '0.05'],
  ])('%s is the quantile %s', (metric, quantile) => {
    expect(exportMeasure(measure(metric, '', 120, 40))).toEqual({ kind: 'latency', quantile, seconds: 0.12 })
  })

  test('without enough data, without a value, or with a value that is no number, there is nothing', () => {
    expect(exportMeasure(notEnoughData('psi', 'temp', 3))).toBeUndefined()
    expect(exportMeasure({ ...notEnoughData('psi', 'temp', 3), value: 0 })).toBeUndefined()
    expect(exportMeasure({ ...measure('psi', 'temp', 0, 3), value: null })).toBeUndefined()
    expect(exportMeasure(measure('psi', 'temp', Number.NaN, 3))).toBeUndefined()
    expect(exportMeasure(measure('psi', 'temp', Number.POSITIVE_INFINITY, 3))).toBeUndefined()
  })
})

test('a segment is one label, by dimension', () => {
  expect(segmentLabel({})).toBe('')
  expect(segmentLabel({ market: 'de', context: 'home' })).toBe('context=home,market=de')
})

describe('the limit of measures per model', () => {
  const window = (model: string, version: string, segment: Record<string, string>, measures: number) =>
    exportWindow(
      windowResult({
        model,
        version,
        segment,
        measures: Array.from({ length: measures }, (_, i) => measure('psi', `f${i}`, 0, 1)),
      }),
    )
  const all = window('m', '*', {}, 10)
  const version = window('m', 'v1', {}, 10)
  const segment = window('m', '*', { market: 'de' }, 10)
  const other = window('n', '*', {}, 10)

  test('keeps everything that fits', () => {
    const { kept, omitted } = selectWithinLimit([segment, version, all, other], 30)
    expect(new Set(kept)).toEqual(new Set([all, version, segment, other]))
    expect(omitted.size).toBe(0)
  })

  test('keeps all traffic first, then versions, then segments, whichever came first, model by model', () => {
    const { kept, omitted } = selectWithinLimit([segment, version, other, all], 20)
    expect(kept).toEqual([all, version, other])
    expect(omitted).toEqual(new Map([['m', 10]]))
  })

  test('keeps a window whole or not at all, and counts what it leaves out', () => {
    const { kept, omitted } = selectWithinLimit([version, all], 15)
    expect(kept).toEqual([all])
    expect(omitted).toEqual(new Map([['m', 10]]))
  })
})
