import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SETTINGS, variableOf } from '../../src/config/environment.ts'
import { configOf, FOLDER, placeOf, problemsOf } from './fixtures.ts'

const FILE = 'redis: { url: "redis://file:1" }\nkafka: { brokers: [file:1] }\nhttp: { port: 1 }\nlog: { level: error }'

const secretFile = (name: string, content: string): string => {
  const path = join(FOLDER, name)
  writeFileSync(path, content)
  return path
}

describe('a flag wins over the environment, the environment over the file, the file over the default', () => {
  test('default', () => expect(configOf('').redis.url).toBe('redis://localhost:6379'))
  test('file', () => expect(configOf(FILE).redis.url).toBe('redis://file:1'))
  test('environment', () => {
    const environment = { TIDEMARK_REDIS_URL: 'redis://environment:1' }
    expect(configOf(FILE, { environment }).redis.url).toBe('redis://environment:1')
  })
  test('flag', () => {
    const environment = { TIDEMARK_REDIS_URL: 'redis://environment:1' }
    const flags = { 'redis-url': 'redis://flag:1' }
    expect(configOf(FILE, { environment, flags }).redis.url).toBe('redis://flag:1')
  })
})

describe('variables', () => {
  test('lists are separated by commas, numbers are numbers', () => {
    const environment = {
      TIDEMARK_KAFKA_BROKERS: 'a:1, b:2',
      TIDEMARK_HTTP_PORT: '9999',
      TIDEMARK_NAMESPACE: 'other',
      TIDEMARK_SCHEMA_REGISTRY_URL: 'http://r:1',
      TIDEMARK_ELASTICSEARCH_URL: 'http://e:1',
      TIDEMARK_LOG_LEVEL: 'debug',
      TIDEMARK_KAFKA_SSL: 'true',
    }
    const config = configOf(FILE, { environment })
    expect(config.kafka.brokers).toEqual(['a:1', 'b:2'])
    expect(config.kafka.ssl).toBe(true)
    expect(config.http.port).toBe(9999)
    expect(config.namespace).toBe('other')
    expect(config.schemaRegistry.url).toBe('http://r:1')
    expect(config.elasticsearch).toEqual({ url: 'http://e:1', index: 'tidemark-predictions' })
    expect(config.log.level).toBe('debug')
  })
  test('an empty variable is not given', () =>
    expect(configOf(FILE, { environment: { TIDEMARK_REDIS_URL: '' } }).redis.url).toBe('redis://file:1'))
  test('a login comes from the environment, its kind from the file', () => {
    const environment = {
      TIDEMARK_KAFKA_SASL_USERNAME: 'me',
      TIDEMARK_KAFKA_SASL_PASSWORD_FILE: secretFile('password', 'geheim\n'),
    }
    expect(configOf('kafka: { sasl: { mechanism: scram-sha-512 } }', { environment }).kafka.sasl).toEqual({
      mechanism: 'scram-sha-512',
      username: 'me',
      password: 'geheim',
    })
  })
  test('what others set for a Service of this name is left alone', () =>
    expect(
      problemsOf('', {
        environment: { TIDEMARK_SERVICE_HOST: '10.0.0.1', TIDEMARK_PORT: 'tcp://10.0.0.1:80', TIDEMARK_DATA: '/data' },
      }),
    ).toEqual([]))
})

describe('secrets from files', () => {
  test('lose their last line break and nothing else', () => {
    const environment = { TIDEMARK_REDIS_URL_FILE: secretFile('url', 'redis://:p%20w@secret:1\r\n') }
    expect(configOf(FILE, { environment }).redis.url).toBe('redis://:p%20w@secret:1')
  })
  test('lose to a flag', () => {
    const environment = { TIDEMARK_REDIS_URL_FILE: secretFile('url2', 'redis://secret:1') }
    expect(configOf(FILE, { environment, flags: { 'redis-url': 'redis://flag:1' } }).redis.url).toBe('redis://flag:1')
  })
})

describe('problems are shown at the variable or the flag', () => {
  test.each([
    [{ TIDEMARK_HTTP_PORT: 'abc' }, 'TIDEMARK_HTTP_PORT', 'http.port', '"abc" is not a whole number', 'such as 9464'],
    [{ TIDEMARK_KAFKA_BROKERS: 'a:1,b' }, 'TIDEMARK_KAFKA_BROKERS', 'kafka.brokers[1]', '"b" is not a broker', 'localhost:9092'],
    [{ TIDEMARK_KAFKA_SSL: 'yes' }, 'TIDEMARK_KAFKA_SSL', 'kafka.ssl', '"yes" is not true or false', 'write true'],
    [{ TIDEMARK_KAFKA_BROKER: 'a:1' }, 'TIDEMARK_KAFKA_BROKER', '', 'not a variable', 'TIDEMARK_KAFKA_BROKERS?'],
    [{ TIDEMARK_HTTP_PORT: 'tcp://10.0.0.1:80' }, 'TIDEMARK_HTTP_PORT', '', 'set by Kubernetes', 'enableServiceLinks'],
    [{ TIDEMARK_REDIS_URL_FILE: '/no/such/file' }, 'TIDEMARK_REDIS_URL_FILE', '', 'cannot read /no/such/file', 'may read'],
    [
      { TIDEMARK_REDIS_URL: 'redis://a:1', TIDEMARK_REDIS_URL_FILE: '/x' },
      'TIDEMARK_REDIS_URL_FILE',
      '',
      'TIDEMARK_REDIS_URL is set too',
      'one of them',
    ],
    [{ TIDEMARK_REDIS_URL_FILE: secretFile('empty', '\n') }, 'TIDEMARK_REDIS_URL_FILE', '', 'is empty', 'write the value'],
  ])('%j', (environment, place, path, message, cure) => {
    const problems = problemsOf('', { environment })
    expect(problems.map(problem => [placeOf(problem), problem.path])).toEqual([[place, path]])
    expect(problems[0].message).toContain(message)
    expect(problems[0].cure).toContain(cure)
  })
  test('a flag', () => {
    const [problem] = problemsOf('', { flags: { 'http-port': '-1' } })
    expect([placeOf(problem), problem.path]).toEqual(['--http-port', 'http.port'])
  })
  test('a bad value in the file does not matter where a flag replaces it', () =>
    expect(problemsOf('http: { port: abc }', { flags: { 'http-port': '1' } })).toEqual([]))
  test('a section that is no mapping is not replaced', () =>
    expect(problemsOf('http: 5', { flags: { 'http-port': '1' } }).map(placeOf)).toEqual(['1:7']))
})

test('every setting has its own variable, and its path is a key', () => {
  expect(new Set(SETTINGS.map(variableOf)).size).toBe(SETTINGS.length)
  for (const setting of SETTINGS) {
    const value = { text: 'x', list: 'a:1', number: '1', 'true-or-false': 'true' }[setting.kind]
    const unknown = problemsOf('', { environment: { [variableOf(setting)]: value } }).filter(problem =>
      problem.message.includes('not a key'),
    )
    expect(unknown).toEqual([])
  }
})
