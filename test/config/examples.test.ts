import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { Config } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load.ts'

const load = (name: string): Config =>
  loadConfig({ file: fileURLToPath(new URL(`../../examples/${name}`, import.meta.url)), environment: {} })

const WEEK_FROM_MONDAY = { name: 'week', sizeMs: 604_800_000, everyMs: 604_800_000, offsetMs: 345_600_000 }
const DAY = { name: 'day', sizeMs: 86_400_000, everyMs: 86_400_000, offsetMs: 0 }

describe('the examples load', () => {
  test('minimal', () => {
    const { models, rules } = load('minimal.yaml')
    expect(models[0].windows.map(window => window.name)).toEqual(['1m', '5m', '1h-every-10m'])
    expect(rules.map(rule => rule.name)).toEqual(['coverage-low', 'slow'])
  })
  test('bikes', () => {
    const { models, rules } = load('bikes.yaml')
    expect(models[0].windows).toEqual([DAY, WEEK_FROM_MONDAY])
    expect(models[0].segments).toEqual([{ dimensions: ['daytype'], values: { daytype: ['workday', 'weekend-or-holiday'] } }])
    expect(models[0].features.hr).toEqual({ kind: 'numeric', range: [0, 23] })
    expect(rules.filter(rule => rule.condition.kind === 'drift').map(rule => rule.window)).toEqual(['week', 'week'])
  })
  test('flights', () => {
    const { models, rules } = load('flights.yaml')
    expect(models[0].windows).toEqual([DAY, WEEK_FROM_MONDAY])
    expect(models[0].segments).toEqual([{ dimensions: ['origin'], values: { origin: expect.any(Array) } }])
    expect(models[0].segments[0].values.origin).toHaveLength(10)
    expect(models[0].segments[0].values.origin).not.toContain('other')
    expect(rules.filter(rule => rule.condition.kind === 'drift').map(rule => rule.window)).toEqual(['week', 'week'])
  })
})
