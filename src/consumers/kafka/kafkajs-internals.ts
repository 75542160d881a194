/**
 * The only file that imports values from kafkajs (2.2.4, pinned), and that reaches into it: its connections take any request,
 * so that fetched bytes can be had undecoded over TLS and SASL as configured. kafkajs-modules.d.ts declares as much of the
 * inside as is used.
 *
 * kafkajs is CommonJS, and Node finds no named exports in it (bundlers and vitest do): everything comes by default import.
 */
import kafkajs from 'kafkajs'
import Broker from 'kafkajs/src/broker/index.js'
import connectionPoolBuilder from 'kafkajs/src/cluster/connectionPoolBuilder.js'
import loggers from 'kafkajs/src/loggers/index.js'
import socketFactory from 'kafkajs/src/network/socketFactory.js'
import Encoder from 'kafkajs/src/protocol/encoder.js'
import fetchRequest from 'kafkajs/src/protocol/requests/fetch/v11/request.js'

export { Broker, connectionPoolBuilder, Encoder, fetchRequest, socketFactory }
export const { createLogger } = loggers
export const { AssignerProtocol, ConfigResourceTypes, Kafka, KafkaJSNonRetriableError, logLevel, PartitionAssigners } = kafkajs
