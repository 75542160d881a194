import type { Kafka as KafkaClient, RetryOptions } from 'kafkajs'
import type { KafkaConfig } from '../../config/config.ts'
import { AUTHENTICATION_TIMEOUT_MS, CONNECTION_TIMEOUT_MS, saslOptions } from './connection.ts'
import { Kafka, logLevel } from './kafkajs-internals.ts'
import { type KafkaLogger, kafkajsLogCreator } from './logger.ts'

/** Half a minute of trying, which a dead leader's succession (9 s and more) fits into; then the caller hears of it. */
export const RETRY: RetryOptions = { initialRetryTime: 100, maxRetryTime: 5_000, retries: 11 }

/** kafkajs itself: membership, producing, administration. Reading goes over connection.ts. */
export const createClient = (config: KafkaConfig, logger: KafkaLogger, retry = RETRY): KafkaClient =>
  new Kafka({
    brokers: [...config.brokers],
    clientId: config.clientId,
    ssl: config.ssl,
    sasl: saslOptions(config.sasl),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    authenticationTimeout: AUTHENTICATION_TIMEOUT_MS,
    retry,
    logLevel: logLevel.INFO,
    logCreator: kafkajsLogCreator(logger),
  })
