import { describe, expect, it } from 'vitest'
import { DEMO_RULES } from '../../../src/demo/config.ts'
import { gaugesOf, isBeyond, observe } from '../../../src/demo/view/gauges.ts'
import { MINUTE } from '../alerts.ts'
import { coverageRatio, errorRatio, ksEffect, resultAt } from './results.ts'

const gauges = gaugesOf(DEMO_RULES, ['shelf-life'])
const [drift, latency, coverage, errors] = gauges

describe('gauges', () => {
  it('are one for each rule on segments of the model', () => {
    expect(gauges.map(({ label, worst, threshold }) => [label, worst, threshold])).toEqual([
      ['drift', 'highest', 0.2],
      ['p95 ms', 'highest', latency.threshold],
      ['coverage', 'lowest', 0.92],
      ['errors', 'highest', 0.03],
    ])
  })

  it('show the series nearest to breaking the rule', () => {
    const end = 60 * MINUTE
    const windows = [
      resultAt(end, { segment: { operation: 'batch' }, measures: [errorRatio(0.01)] }),
      resultAt(end, { segment: { operation: 'estimate' }, measures: [errorRatio(0.04)] }),
      resultAt(end, { segment: { operation: 'explain' }, measures: [errorRatio(0.02)] }),
    ]
    const { points } = windows.reduce(observe, errors)
    expect(points).toEqual([{ endMs: end, value: 0.04, where: 'operation=estimate' }])
    expect(isBeyond(errors, 0.04)).toBe(true)
    const low = [0.97, 0.91, 0.98].map(value =>
      resultAt(end, { segment: { context: `c${value}` }, measures: [coverageRatio(value)] }),
    )
    expect(low.reduce(observe, coverage).points).toEqual([{ endMs: end, value: 0.91, where: 'context=c0.91' }])
  })

  it('show the subject that drifted most, of those that the rule watches', () => {
    const measures = [ksEffect('ph', 0.02), ksEffect('storage_temp_c', 0.6), ksEffect('unwatched', 0.9)]
    const result = resultAt(60 * MINUTE, { segment: { gateway: 'gw-boston' }, measures })
    expect(observe(drift, result).points).toEqual([{ endMs: 60 * MINUTE, value: 0.6, where: 'gateway=gw-boston storage_temp_c' }])
  })

  it('keep their points by window end, in whatever order the shards fire', () => {
    const at = (minutes: number) =>
      resultAt(minutes * MINUTE, { segment: { operation: 'batch' }, measures: [errorRatio(minutes / 1000)] })
    expect([at(70), at(90), at(80), at(60)].reduce(observe, errors).points.map(point => point.endMs / MINUTE)).toEqual([
      60, 70, 80, 90,
    ])
  })

  it.each([
    ['another model', { model: 'basket-recommender' }],
    ['another window', { window: '10m' }],
    ['one version', { version: '2.3.0' }],
    ['all traffic', { segment: {} }],
    ['too few events', { samples: 399 }],
  ] as const)('leave out %s', (_what, given) => {
    const result = resultAt(60 * MINUTE, { segment: { operation: 'batch' }, measures: [errorRatio(0.5)], ...given })
    expect(observe(errors, result)).toBe(errors)
  })
})
