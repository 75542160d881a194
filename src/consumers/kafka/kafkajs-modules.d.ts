declare module 'kafkajs/src/loggers/index.js' {
  import type { Logger, logCreator, logLevel } from 'kafkajs'

  const loggers: { createLogger(options: { level: logLevel; logCreator: logCreator }): Logger }
  export = loggers
}

declare module 'kafkajs/src/protocol/encoder.js' {
  class Encoder {
    writeBuffer(bytes: Buffer): Encoder
  }
  export = Encoder
}

declare module 'kafkajs/src/network/socketFactory.js' {
  import type { ISocketFactory } from 'kafkajs'

  const socketFactory: () => ISocketFactory
  export = socketFactory
}

declare module 'kafkajs/src/protocol/requests/fetch/v11/request.js' {
  /** What a connection encodes and sends. */
  type Request = Readonly<{ apiKey: number; apiVersion: number; apiName: string }>
  const fetchRequest: (
    options: Readonly<{
      replicaId: number
      maxWaitTime: number
      minBytes: number
      maxBytes: number
      isolationLevel: number
      topics: readonly Readonly<{
        topic: string
        partitions: readonly Readonly<{ partition: number; fetchOffset: string; maxBytes: number }>[]
      }>[]
    }>,
  ) => Request
  export = fetchRequest
}

declare module 'kafkajs/src/cluster/connectionPoolBuilder.js' {
  import type { ISocketFactory, Logger, SASLOptions } from 'kafkajs'

  namespace connectionPoolBuilder {
    type Connection = {
      send<Decoded, Parsed>(
        call: Readonly<{
          request: unknown
          response: Readonly<{ decode(payload: Buffer): Promise<Decoded>; parse(decoded: Decoded): Promise<Parsed> }>
          requestTimeout?: number
        }>,
      ): Promise<Parsed>
      /** What came and is not yet a whole answer. */
      chunks: Buffer[]
      /** Fails what is under way; without it `disconnect` waits for the answers. */
      rejectRequests(error: Error): void
    }
    type ConnectionPool = {
      getConnection(index?: number): Promise<Connection>
      map<T>(callback: (connection: Connection) => T): T[]
      destroy(): Promise<void>
    }
    type ConnectionPoolBuilder = {
      /** Without a destination: the next of the configured brokers. */
      build(destination?: Readonly<{ host: string; port: number }>): Promise<ConnectionPool>
    }
  }

  const connectionPoolBuilder: (
    options: Readonly<{
      logger: Logger
      socketFactory: ISocketFactory
      brokers: readonly string[]
      ssl: true | undefined
      sasl: SASLOptions | undefined
      clientId: string
      connectionTimeout: number
      requestTimeout: number
      enforceRequestTimeout: boolean
    }>,
  ) => connectionPoolBuilder.ConnectionPoolBuilder
  export = connectionPoolBuilder
}

declare module 'kafkajs/src/broker/index.js' {
  import type { Logger } from 'kafkajs'
  import type { ConnectionPool } from 'kafkajs/src/cluster/connectionPoolBuilder.js'

  namespace Broker {
    type Versions = Readonly<Record<string, Readonly<{ minVersion: number; maxVersion: number }>>>
    type Metadata = Readonly<{
      brokers: readonly Readonly<{ nodeId: number; host: string; port: number }>[]
      topicMetadata: readonly Readonly<{
        topic: string
        partitionMetadata: readonly Readonly<{ partitionId: number; leader: number }>[]
      }>[]
    }>
    type Offsets = Readonly<{
      responses: readonly Readonly<{ partitions: readonly Readonly<{ partition: number; offset: string }>[] }>[]
    }>
  }

  class Broker {
    constructor(
      options: Readonly<{
        connectionPool: ConnectionPool
        logger: Logger
        versions?: Broker.Versions | null
        allowAutoTopicCreation: boolean
        authenticationTimeout: number
      }>,
    )
    readonly connectionPool: ConnectionPool
    readonly versions: Broker.Versions | null
    isConnected(): boolean
    /** Connects, negotiates versions and authenticates; nothing when that is done already. */
    connect(): Promise<void>
    metadata(topics: readonly string[]): Promise<Broker.Metadata>
    apiVersions(): Promise<Broker.Versions>
    listOffsets(
      options: Readonly<{
        replicaId?: number
        isolationLevel: number
        topics: readonly Readonly<{
          topic: string
          partitions: readonly Readonly<{ partition: number; timestamp: string | number }>[]
        }>[]
      }>,
    ): Promise<Broker.Offsets>
  }
  export = Broker
}
