import { describe, expect, it } from 'vitest'
import type { RuleCondition } from '../../../src/config/config.ts'
import { type Measure, measure, notEnoughData } from '../../../src/windows/measure.ts'
import { judge } from '../../../src/windows/rules/verdict.ts'
import { testRule } from '../../support/config.ts'

const bounded = (metric: string, low: number, value: number, high: number): Measure => ({
  ...measure(metric, '', value, 100),
  low,
  high,
})
const evidence = (condition: RuleCondition, m: Measure) => judge(testRule(condition), [m], 100)[0].evidence

describe('a threshold', () => {
  const below: RuleCondition = { kind: 'below', metric: 'coverage_ratio', subject: null, threshold: 0.9, resolveAt: 0.92 }
  const above: RuleCondition = { kind: 'above', metric: 'error_ratio', subject: null, threshold: 0.03, resolveAt: 0.02 }

  it('is broken only when the bound is: "below 0.9" means that the upper bound is', () => {
    expect(evidence(below, bounded('coverage_ratio', 0.8, 0.85, 0.89))).toMatchObject({ breach: true })
    expect(evidence(below, bounded('coverage_ratio', 0.8, 0.85, 0.91))).toMatchObject({
      breach: false,
      valueBack: false,
      boundBack: false,
    })
    expect(evidence(above, bounded('error_ratio', 0.031, 0.05, 0.07))).toMatchObject({ breach: true })
    expect(evidence(above, bounded('error_ratio', 0.029, 0.05, 0.07))).toMatchObject({ breach: false })
  })

  it('is met again past resolveAt: by the value, or by the other bound', () => {
    expect(evidence(below, bounded('coverage_ratio', 0.9, 0.93, 0.95))).toMatchObject({ valueBack: true, boundBack: false })
    expect(evidence(below, bounded('coverage_ratio', 0.93, 0.95, 0.97))).toMatchObject({ valueBack: true, boundBack: true })
    expect(evidence(above, bounded('error_ratio', 0.01, 0.015, 0.019))).toMatchObject({ valueBack: true, boundBack: true })
  })

  it('outside a range names the side that was left, and is good only within the margin', () => {
    const outside: RuleCondition = { kind: 'outside', metric: 'mean', subject: 'temp', low: 10, high: 20, margin: 1 }
    const [high] = judge(testRule(outside), [measure('mean', 'temp', 25, 50)], 50)
    expect(high).toMatchObject({ threshold: 20, evidence: { breach: true } })
    const [low] = judge(testRule(outside), [measure('mean', 'temp', 5, 50)], 50)
    expect(low).toMatchObject({ threshold: 10, evidence: { breach: true } })
    expect(judge(testRule(outside), [measure('mean', 'temp', 19.5, 50)], 50)[0].evidence).toMatchObject({
      breach: false,
      valueBack: false,
    })
    expect(judge(testRule(outside), [measure('mean', 'temp', 15, 50)], 50)[0].evidence).toMatchObject({ valueBack: true })
  })

  it('has nothing to say without enough data', () => {
    expect(evidence(above, notEnoughData('error_ratio', '', 0))).toEqual({ kind: 'no-data' })
    expect(judge(testRule(above, { minSamples: 101 }), [bounded('error_ratio', 0.5, 0.6, 0.7)], 100)[0].evidence).toEqual({
      kind: 'no-data',
    })
  })
})

describe('drift', () => {
  const drift: RuleCondition = { kind: 'drift', test: 'ks', subjects: 'features', effect: 0.05, alpha: 0.01 }
  const score = (subject: string, effect: number, pValue: number): Measure[] => [
    { ...measure('ks', subject, effect + 0.02, 500), pValue },
    { ...measure('ks_effect', subject, effect, 500), pValue },
  ]
  const breaches = (...measures: Measure[]): Record<string, unknown> =>
    Object.fromEntries(
      judge(testRule(drift), measures, 500).map(v => [v.subject, v.evidence.kind === 'measured' && v.evidence.breach]),
    )

  it('needs the effect and the p-value', () => {
    expect(breaches(...score('a', 0.2, 1e-6))).toEqual({ a: true })
    expect(breaches(...score('a', 0.04, 1e-6)), 'nothing to speak of').toEqual({ a: false })
    expect(breaches(...score('a', 0.2, 0.02)), 'may be chance').toEqual({ a: false })
  })

  it('corrects p-values over all features of the window', () => {
    const many = Array.from({ length: 24 }, (_, i) => score(`f${i}`, 0, 0.5)).flat()
    expect(breaches(...score('a', 0.2, 0.009)).a).toBe(true)
    expect(breaches(...score('a', 0.2, 0.009), ...many).a, '.009 once in 25 is chance').toBe(false)
    expect(breaches(...score('a', 0.2, 0.0003), ...many).a).toBe(true)
  })

  it('leaves the prediction to the rules that ask for it', () => {
    expect(Object.keys(breaches(...score('prediction', 0.5, 1e-9), ...score('a', 0, 1)))).toEqual(['a'])
  })
})
