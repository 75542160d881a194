import { describe, expect, it } from 'vitest'
import { METRICS } from '../../src/config/metrics.ts'
import { DEMO_RULES, DEMO_WINDOWS, demoConfig } from '../../src/demo/config.ts'
import { OUT_OF_ORDER_BOUND_MS } from '../../src/demo/delivery.ts'
import { incidentsOfDay, RULES } from '../../src/demo/incidents.ts'
import { MODELS } from '../../src/demo/world.ts'

const config = demoConfig(new Map(), 9464)

describe('the configuration of the demo', () => {
  it('waits for everything that the gateways may send late', () => {
    expect(config.time.outOfOrdernessMs).toBeGreaterThanOrEqual(OUT_OF_ORDER_BOUND_MS)
  })

  it('judges hour windows, which panes of ten minutes make up', () => {
    expect(DEMO_WINDOWS.hour.sizeMs % DEMO_WINDOWS.hour.everyMs).toBe(0)
    expect(new Set(DEMO_RULES.map(rule => rule.window))).toEqual(new Set([DEMO_WINDOWS.hour.name]))
  })

  it('has each rule once, on metrics that exist', () => {
    expect(DEMO_RULES.map(({ name }) => name).sort()).toEqual(Object.values(RULES).sort())
    for (const { condition } of DEMO_RULES)
      if (condition.kind !== 'drift') expect(Object.keys(METRICS)).toContain(condition.metric)
  })

  it('can see every incident: the alerts that catch it come from a rule on such a series and subject', () => {
    for (const { model: modelName, caughtBy, explains } of incidentsOfDay(0)) {
      const model = config.models.find(({ name }) => name === modelName)
      for (const { rule: ruleName, segment, subject } of [...caughtBy, ...explains]) {
        const rule = DEMO_RULES.find(({ name }) => name === ruleName)
        expect(rule?.models.length === 0 || rule?.models.includes(modelName)).toBe(true)
        expect(rule?.scope.kind === 'segments' ? rule.scope.dimensions : []).toEqual(Object.keys(segment))
        if (rule?.condition.kind === 'drift') expect(rule.condition.subjects).toContain(subject)
        for (const [dimension, value] of Object.entries(segment)) {
          const own = model?.segments.find(({ dimensions }) => dimensions.join() === dimension)
          expect(own?.values[dimension]).toContain(value)
        }
      }
    }
  })

  it('lists every feature of the world', () => {
    for (const model of MODELS) {
      const features = config.models.find(({ name }) => name === model.name)?.features ?? {}
      expect(Object.keys(features).sort()).toEqual([...model.numericFeatures, ...Object.keys(model.categoricalFeatures)].sort())
    }
  })
})
