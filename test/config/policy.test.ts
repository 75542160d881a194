import { describe, expect, test } from 'vitest'
import { canonicalJson, policyDocument, policyVersion } from '../../src/config/policy.ts'
import { configOf } from './fixtures.ts'

const YAML = `namespace: a
models:
  - { name: bikes, reference: bikes.json, windows: [1h, 1d], itemsAtLeast: [5, 1] }
  - { name: m }
rules:
  - { name: r, when: count below 5 }
  - { name: q, when: error_ratio above 0.5, runbook: "https://a" }
`
const version = (text: string): string => policyVersion(configOf(text))

test('twelve hex digits', () => expect(version(YAML)).toMatch(/^[0-9a-f]{12}$/))

describe('the version changes with what a verdict depends on', () => {
  test.each([
    ['a threshold', 'below 5', 'below 6'],
    ['a window', '1d]', '2d]'],
    ['a reference', 'reference: bikes.json, ', ''],
    ['a model', '{ name: m }', '{ name: n }'],
    ['lateness', 'namespace: a', 'time: { allowedLateness: 2m }'],
  ])('%s', (_, from, to) => expect(version(YAML.replace(from, to))).not.toBe(version(YAML)))
})

describe('and with nothing else', () => {
  test.each([
    ['a namespace', 'namespace: a', 'namespace: b'],
    ['an address', 'namespace: a', 'redis: { url: "redis://elsewhere:1" }'],
    ['a runbook', 'https://a', 'https://b'],
    ['the order of windows', '[1h, 1d]', '[1d, 1h]'],
    ['the order of numbers', '[5, 1]', '[1, 5]'],
  ])('%s', (_, from, to) => expect(version(YAML.replace(from, to))).toBe(version(YAML)))
  test('the order of rules and models', () => {
    const config = configOf(YAML)
    const turned = { ...config, models: config.models.toReversed(), rules: config.rules.toReversed() }
    expect(policyDocument(turned)).toBe(policyDocument(config))
  })
})

test('canonical JSON orders keys at every depth', () =>
  expect(canonicalJson({ b: [{ d: 1, c: null }], a: 'x' })).toBe('{"a":"x","b":[{"c":null,"d":1}]}'))
