import type { Kafka as KafkaClient } from 'kafkajs'
import type { KafkaConfig } from '../../config/config.ts'
import { AUTHENTICATION_TIMEOUT_MS, CONNECTION_TIMEOUT_MS, saslOptions } from './connection.ts'
import { Kafka, logLevel } from './kafkajs-internals.ts'
import { type KafkaLogger, kafkajsLogCreator } from './logger.ts'

/** About 11 s of trying: then the caller hears of it. */
export const RETRY = { initialRetryTime: 100, maxRetryTime: 5_000, retries: 7 } as const

/** kafkajs itself: membership, producing, administration. Reading goes over connection.ts. */
export const createClient = (config: KafkaConfig, logger: KafkaLogger): KafkaClient =>
  new Kafka({
    brokers: [...config.brokers],
    clientId: config.clientId,
    ssl: config.ssl,
    sasl: saslOptions(config.sasl),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    authenticationTimeout: AUTHENTICATION_TIMEOUT_MS,
    retry: RETRY,
    logLevel: logLevel.INFO,
    logCreator: kafkajsLogCreator(logger),
  })
