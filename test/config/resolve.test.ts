import { describe, expect, test } from 'vitest'
import { configOf } from './fixtures.ts'

const DAY = 86_400_000
const model = (entry: string) => configOf(`models:\n  - name: bikes\n    reference: bikes.json\n${entry}`).models[0]
const rule = (entry: string) =>
  configOf(`models: [{name: bikes, reference: bikes.json, segments: [daytype, [b, a]]}]\nrules:\n  - name: r\n${entry}`).rules[0]

test('an empty file watches every model with the default windows', () => {
  const config = configOf('')
  expect(config.models).toEqual([
    {
      name: '*',
      reference: null,
      windows: [
        { name: '1m', sizeMs: 60_000, everyMs: 60_000, offsetMs: 0 },
        { name: '5m', sizeMs: 300_000, everyMs: 300_000, offsetMs: 0 },
        { name: '1h', sizeMs: 3_600_000, everyMs: 3_600_000, offsetMs: 0 },
      ],
      segments: [],
      features: {},
      itemsAtLeast: [],
      businessRules: [],
    },
  ])
  expect({ ...config, models: [] }).toEqual({
    namespace: 'tidemark',
    kafka: {
      brokers: ['localhost:9092'],
      clientId: 'tidemark',
      ssl: false,
      sasl: null,
      topics: { predictions: 'predictions', windows: 'windows', alerts: 'alerts', deadLetters: 'dead-letters' },
      createTopics: false,
      partitions: 4,
      replicationFactor: 1,
      startAt: { kind: 'earliest' },
      sessionTimeoutMs: 30_000,
      fetchMaxBytes: 1_048_576,
    },
    schemaRegistry: { url: 'http://localhost:8081' },
    redis: { url: 'redis://localhost:6379', waitReplicas: 0, lostState: 'refuse' },
    elasticsearch: null,
    http: { host: '0.0.0.0', port: 9464 },
    time: {
      outOfOrdernessMs: 10_000,
      allowedLatenessMs: 60_000,
      idleTimeoutMs: 30_000,
      maxFutureMs: 3_600_000,
      retireAfterMs: DAY,
      alertRetentionMs: 7 * DAY,
      maxHoldMs: 600_000,
      maxSkewMs: 3_600_000,
      startupGraceMs: 120_000,
    },
    checkpoint: { intervalMs: 1000, maxReplayMs: 30_000, maxBytes: 1_048_576 },
    budget: { memoryBytes: 2 ** 30, stateBytes: 2 ** 32, outboxAlerts: 1000 },
    limits: { maxRecordBytes: 1_048_576, maxMapEntries: 2000, maxVersions: 50, maxSegmentValues: 50, maxModels: 20 },
    models: [],
    rules: [],
    log: { level: 'info' },
  })
})

test('keys with nothing behind them are not given', () =>
  expect(configOf('kafka:\nmodels:\nrules:\nlog:\n  level:\n')).toEqual(configOf('')))

test('a start in time is in ms', () =>
  expect(configOf('kafka: { startAt: 2026-03-01T00:00:00+01:00 }').kafka.startAt).toEqual({
    kind: 'time',
    timeMs: Date.UTC(2026, 1, 28, 23),
  }))

describe('windows', () => {
  test.each([
    // Thursday 1970-01-01 is the epoch: Monday comes four days later.
    ['7d', { name: '7d', sizeMs: 7 * DAY, everyMs: 7 * DAY, offsetMs: 4 * DAY }],
    ['2w', { name: '14d', sizeMs: 14 * DAY, everyMs: 14 * DAY, offsetMs: 4 * DAY }],
    ['7d every 1d', { name: '7d-every-1d', sizeMs: 7 * DAY, everyMs: DAY, offsetMs: 0 }],
    ['{size: 7d, offset: 3d}', { name: '7d', sizeMs: 7 * DAY, everyMs: 7 * DAY, offsetMs: 3 * DAY }],
    ['{name: day, size: 1d, offset: 6h}', { name: 'day', sizeMs: DAY, everyMs: DAY, offsetMs: DAY / 4 }],
    ['1h every 10m', { name: '1h-every-10m', sizeMs: 3_600_000, everyMs: 600_000, offsetMs: 0 }],
  ])('%s', (text, window) => expect(model(`    windows: [${text}]`).windows).toEqual([window]))

  test('a week and a sliding hour go together: each gets panes of its own width', () =>
    expect(model('    windows: [1d, 7d, 1h every 10m]').windows.length).toBe(3))
})

describe('features', () => {
  test('are those of the reference, with its kinds and ranges', () =>
    expect(model('').features).toEqual({
      temp: { kind: 'numeric', range: [0, 1] },
      season: { kind: 'categorical', range: null },
    }))
  test('what is listed comes on top', () =>
    expect(model('    features: { temp: {range: [0.1, 0.9]}, x: numeric }').features).toEqual({
      temp: { kind: 'numeric', range: [0.1, 0.9] },
      season: { kind: 'categorical', range: null },
      x: { kind: 'numeric', range: null },
    }))
})

describe('segments', () => {
  test('a dimension takes the vocabulary of the reference, less `other`, which is always there', () =>
    expect(model('    segments: [daytype]').segments).toEqual([
      { dimensions: ['daytype'], values: { daytype: ['workday', 'weekend'] } },
    ]))
  test('the limit cuts what the reference has', () => {
    const config = configOf(
      'limits: { maxSegmentValues: 1 }\nmodels: [{name: bikes, reference: bikes.json, segments: [daytype]}]',
    )
    expect(config.models[0].segments[0].values).toEqual({ daytype: ['workday'] })
  })
  test('a listed vocabulary wins', () =>
    expect(model('    segments: [{by: daytype, values: {daytype: [holiday, other]}}]').segments[0].values).toEqual({
      daytype: ['holiday'],
    }))
  test('a combination is in order of its dimensions', () =>
    expect(model('    segments: [[operation, context]]').segments).toEqual([
      { dimensions: ['context', 'operation'], values: {} },
    ]))
})

describe('rules', () => {
  test('what is not said', () =>
    expect(rule('    when: coverage_ratio below 0.9')).toEqual({
      name: 'r',
      models: [],
      window: null,
      scope: { kind: 'all-traffic' },
      versions: 'merged',
      condition: { kind: 'below', metric: 'coverage_ratio', subject: null, threshold: 0.9, resolveAt: 0.9 },
      forWindows: 1,
      keepFiringForWindows: 1,
      severity: 'warning',
      noData: 'keep',
      minSamples: 30,
      runbook: null,
    }))
  test.each([
    ['when: mean(temp) above 0.5', { kind: 'above', metric: 'mean', subject: 'temp', threshold: 0.5, resolveAt: 0.5 }],
    [
      'when: { metric: mean, subject: temp, above: 0.5 }',
      { kind: 'above', metric: 'mean', subject: 'temp', threshold: 0.5, resolveAt: 0.5 },
    ],
    ['when: mean(temp) outside -0.2..0.8', { kind: 'outside', metric: 'mean', subject: 'temp', low: -0.2, high: 0.8, margin: 0 }],
    [
      'when: { metric: mean, subject: temp, outside: [1, 2] }',
      { kind: 'outside', metric: 'mean', subject: 'temp', low: 1, high: 2, margin: 0 },
    ],
    ['when: mean(prediction) above 1e1', { kind: 'above', metric: 'mean', subject: 'prediction', threshold: 10, resolveAt: 10 }],
    ['drift: ks', { kind: 'drift', test: 'ks', subjects: 'features', effect: 0.05, alpha: 1e-6 }],
    ['drift: psi', { kind: 'drift', test: 'psi', subjects: 'features', effect: 0.03, alpha: 1e-6 }],
    ['drift: psi\n    subjects: all', { kind: 'drift', test: 'psi', subjects: 'all', effect: 0.03, alpha: 1e-6 }],
    ['drift: ks\n    subjects: temp', { kind: 'drift', test: 'ks', subjects: ['temp'], effect: 0.05, alpha: 1e-6 }],
  ])('%s', (text, condition) => expect(rule(`    ${text}`).condition).toEqual(condition))
  test.each([
    ['all', { kind: 'all-traffic' }],
    ['both', { kind: 'every-series' }],
    ['segments', { kind: 'segments', dimensions: [] }],
    ['[daytype]', { kind: 'segments', dimensions: ['daytype'] }],
    ['[b, a]', { kind: 'segments', dimensions: ['a', 'b'] }],
  ])('scope %s', (text, scope) => expect(rule(`    when: count below 1\n    scope: ${text}`).scope).toEqual(scope))
  test('a rule about too few events does not wait for thirty', () => expect(rule('    when: count below 5').minSamples).toBe(0))
})
