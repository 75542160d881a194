import { randomUUID } from 'node:crypto'
import { Kafka, logLevel } from 'kafkajs'
import type { KafkaConfig } from '../../../src/config/config.ts'
import { createKafkaLog, type KafkaLogOptions } from '../../../src/consumers/kafka/log.ts'
import type { Log } from '../../../src/consumers/log.ts'
import { stack } from '../../support/stack.ts'

/** The suite's Kafka, with names of its own for each test file. */
export const kafkaConfig = (overrides: Partial<KafkaConfig> = {}): KafkaConfig => ({
  brokers: stack().kafkaBrokers,
  clientId: 'tidemark-test',
  ssl: false,
  sasl: null,
  topics: { predictions: 'predictions', windows: 'windows', alerts: 'alerts', deadLetters: 'dead-letters' },
  createTopics: false,
  partitions: 1,
  replicationFactor: 1,
  startAt: { kind: 'earliest' },
  sessionTimeoutMs: 10_000,
  fetchMaxBytes: 1024 * 1024,
  ...overrides,
})

export const silent = { debug() {}, info() {}, warn() {}, error() {} }

export const newLog = (overrides: Partial<KafkaConfig> = {}, options: KafkaLogOptions = {}): Log =>
  createKafkaLog(kafkaConfig(overrides), silent, options)

export const newPrefix = (): string => `consumers-${randomUUID().slice(0, 8)}`

/** kafkajs itself, as the other side. */
export const newClient = (): Kafka =>
  new Kafka({ brokers: stack().kafkaBrokers, clientId: 'tidemark-test-client', logLevel: logLevel.NOTHING })
