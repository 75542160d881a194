import type { LogEntry } from 'kafkajs'
import { logLevel } from './kafkajs-internals.ts'

/** As much of pino as is used here. */
export type KafkaLogger = Readonly<Record<'debug' | 'info' | 'warn' | 'error', (fields: object, message: string) => void>>

/**
 * kafkajs's own lines, one level milder: it calls an error what it goes on to retry. What is really wrong comes back as a
 * value or an exception, and is logged by who handles it.
 */
export const kafkajsLogCreator =
  (logger: KafkaLogger) =>
  () =>
  ({ namespace, level, log: { message, timestamp: _time, logger: _name, stack: _stack, ...fields } }: LogEntry): void => {
    const text = `kafkajs ${namespace}: ${message}`
    if (level === logLevel.ERROR) logger.warn(fields, text)
    else if (level === logLevel.WARN) logger.info(fields, text)
    else logger.debug(fields, text)
  }
