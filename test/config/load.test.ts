import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problem.ts'
import { configOf, marked, placeOf, problemsOf } from './fixtures.ts'

const TEN = `namespace: my shop
kafka:
  broker: [a:1]
  partitions: four
time: { outOfOrderness: 10 }
models:
  - name: bikes
    windows: [{ name: hourly, size: 1h, every: 7m }]
rules:
  - name: coverage-low
    when: coverage_ratoi below 0.9
  - name: slow
    when: latency_p95_ms above 250
    resolveAt: 300
    window: hurly
    for: 5m
  - name: drift
    drift: ks
`

test('a configuration with ten errors lists all ten, in the order of the file', () => {
  expect(problemsOf(TEN).map(problem => `${placeOf(problem)} ${problem.path}`)).toEqual([
    '1:12 namespace',
    '3:3 kafka.broker',
    '4:15 kafka.partitions',
    '5:25 time.outOfOrderness',
    '8:48 models[0].windows[0].every',
    '11:11 rules[0].when',
    '14:16 rules[1].resolveAt',
    '15:13 rules[1].window',
    '16:10 rules[1].for',
    '18:12 rules[2].drift',
  ])
})

test('the error says all of it in its message', () => {
  const load = (): unknown => loadConfig({ file: 'tidemark.yaml', text: TEN, environment: { TIDEMARK_HTTP_PORT: 'x' } })
  expect(load).toThrow(ConfigError)
  expect(load).toThrow(
    /The configuration has 11 problems:\n\ntidemark.yaml:1:12 {2}namespace: "my shop" is not a name\n {4}cure: use letters/,
  )
  expect(load).toThrow(/\nTIDEMARK_HTTP_PORT {2}http.port: "x" is not a whole number/)
})

test('a file that is not there is one problem with a cure', () => {
  expect(() => loadConfig({ file: '/no/tidemark.yaml', environment: {} })).toThrow(
    'The configuration has a problem:\n\n/no/tidemark.yaml  there is no such file\n    cure: name another with --config FILE, or begin with a copy of examples/minimal.yaml\n',
  )
})

describe('what is not YAML', () => {
  test.each([
    ['a bracket that is not closed', 'kafka: { brokers: [a:1\n«', 'end with a ]', 'close the brackets'],
    ['a tab', 'kafka:\n«\tbrokers: [a:1]', 'abs', 'indent with spaces'],
    ['two documents', 'namespace: a\n«---\nnamespace: b', 'ocument', '---'],
    ['an alias without its anchor', '«namespace: *none', 'alias', 'write the value out'],
    ['a value after a value', 'namespace: "a" «b', '', 'correct the syntax'],
  ])('%s', (_, yaml, message, cure) => {
    const { text, place } = marked(yaml)
    const [problem] = problemsOf(text)
    expect(problem.message).toContain('this is not YAML')
    expect(problem.message).toContain(message)
    expect(problem.cure).toContain(cure)
    expect(placeOf(problem)).toBe(place)
  })
  test('a text is no configuration', () =>
    expect(problemsOf('hello').map(problem => problem.message)).toEqual(['"hello" is not a mapping']))
})

describe('places', () => {
  test('a key that is missing is shown at the mapping it belongs to', () => {
    const { text, place } = marked('models:\n  - «windows:\n      - 1h')
    expect(problemsOf(text).map(placeOf)).toEqual([place])
  })
  test('a list over several lines is shown at its key', () => {
    const { text, place } = marked('models:\n  - name: m\n    «segments:\n      by: x')
    expect(problemsOf(text).map(placeOf)).toEqual([place])
  })
  test('through an anchor the value is shown where it was written', () => {
    const { text, place } = marked('models:\n  - name: m\n    windows: &w [{size: «1x}]\n')
    expect(problemsOf(text).map(placeOf)).toEqual([place])
  })
  test('through a merge key the value counts, and its problem is shown where it was merged', () => {
    const { text, place } = marked('models:\n  - &base { name: a, windows: [1h] }\n  - «<<: *base\n    name: b\n')
    expect(problemsOf(text)).toEqual([])
    expect(configOf(text).models[1].windows[0].name).toBe('1h')
    expect(problemsOf(`${text.replace('1h', '1x')}    features: 5\n`).map(placeOf)).toEqual(['2:32', place, '5:15'])
  })
  test('characters of several bytes count once', () => {
    const { text, place } = marked('models: [{name: "größe", windows: [«1x]}]')
    expect(problemsOf(text).map(placeOf)).toEqual([place])
  })
  test('lines that end with CR LF', () => {
    const { text, place } = marked('namespace: a\r\nhttp:\r\n  port: «x\r\n')
    expect(problemsOf(text).map(placeOf)).toEqual([place])
  })
})
