import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DEMO_RULES } from '../../src/demo/config.ts'
import { incidentsOfDay } from '../../src/demo/incidents.ts'
import { MODELS } from '../../src/demo/world.ts'
import { falseAlarmOdds, falseAlarmsARun } from './odds/false-alarms.ts'
import { missOdds } from './odds/misses.ts'
import { thinnest } from './odds/series.ts'
import { falseAlarmTable, missTable } from './odds/tables.ts'

const incidents = incidentsOfDay(0)
const odds = falseAlarmOdds(DEMO_RULES, MODELS, incidents)
const misses = missOdds(DEMO_RULES, MODELS, incidents)
const page = readFileSync(new URL('../../docs/demo-arithmetic.md', import.meta.url), 'utf8')

describe('the arithmetic of the demo, from its configuration and its world', () => {
  it('covers every rule on every model', () => {
    const pairs = DEMO_RULES.flatMap(({ name, models }) =>
      MODELS.filter(model => models.length === 0 || models.includes(model.name)).map(model => [name, model.name]),
    )
    expect(odds.map(({ rule, model }) => [rule, model])).toEqual(pairs)
  })

  it('allows at most one false alarm in 1,000 runs', () => {
    expect(1000 * falseAlarmsARun(odds)).toBeLessThan(1)
  })

  it('adds nothing up that it left out: no rule is free', () => {
    for (const { tests, each } of odds) {
      expect(tests).toBeGreaterThan(0)
      expect(each).toBeGreaterThan(0)
    }
  })

  it('catches every incident within eight windows, but for one run in 10,000', () => {
    for (const { incident, windows, chance } of misses) {
      expect([incident, windows]).toEqual([incident, 8])
      expect(chance).toBeLessThan(1e-4)
    }
  })

  it('has enough events in every series at the quietest hour', () => {
    for (const rule of DEMO_RULES) for (const model of MODELS) expect(thinnest(rule, model)).toBeLessThan(1e-4)
  })

  it('is what docs/demo-arithmetic.md shows', () => {
    expect(page).toContain(falseAlarmTable(odds))
    expect(page).toContain(missTable(misses))
  })

  it('fails for looser thresholds: with error_ratio at .02 it would not hold', () => {
    const looser = DEMO_RULES.map(rule =>
      rule.name === 'errors' && rule.condition.kind === 'above'
        ? { ...rule, condition: { ...rule.condition, threshold: 0.02 } }
        : rule,
    )
    expect(1000 * falseAlarmsARun(falseAlarmOdds(looser, MODELS, incidents))).toBeGreaterThan(1)
  })
})
