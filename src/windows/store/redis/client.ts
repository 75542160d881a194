import { Cluster, Redis, type RedisOptions } from 'ioredis'
import type { Logger } from 'pino'
import { StoreUnavailable, type UnavailableReason } from '../unavailable.ts'

export type ClientOptions = Readonly<{
  /** redis:// or rediss://; of any node, if it is a Redis Cluster. */
  url: string
  logger: Pick<Logger, 'info' | 'warn'>
  /** How long one command may take. */
  commandTimeoutMs: number
}>

/** One server, or a cluster of them. */
export type Client = Readonly<{
  /** Runs commands; throws StoreUnavailable when the server is slow, gone, full or cannot serve, other errors as they are. */
  ask<T>(run: (redis: Redis | Cluster) => Promise<T>): Promise<T>
  /**
   * How many replicas have all that was written over this connection, once `count` do or the time is up. Of a cluster: the
   * fewest of any node.
   */
  waitForReplicas(count: number): Promise<number>
  /** Why no state may be kept here: a server that evicts keys. */
  evicting(): Promise<string | undefined>
  /** What is wrong with the connection, while it is down. */
  lastError(): string | undefined
  close(): void
}>

/** Connects, finds out whether it is a cluster, and refuses a server that may evict keys. */
export const connectClient = async (options: ClientOptions): Promise<Client> => {
  const client = await connect(options)
  const evicting = await client.evicting().catch(error => {
    client.close()
    throw error
  })
  if (evicting === undefined) return client
  client.close()
  throw new Error(evicting)
}

const connect = async (options: ClientOptions): Promise<Client> => {
  const single = new Redis(options.url, { ...redisOptions(options), lazyConnect: true })
  const client = clientOf(single, watch(single, options.logger))
  try {
    await client.ask(() => single.connect())
    const info = await client.ask(() => single.info('cluster'))
    if (!info.includes('cluster_enabled:1')) return client
  } catch (error) {
    client.close()
    const said = client.lastError() ?? ''
    if (/^(NOAUTH|WRONGPASS|NOPERM)/.test(said)) throw new Error(`Redis refuses the user or password of redis.url: ${said}`)
    throw error
  }
  client.close()
  const cluster = clusterOf(single, options)
  const clusterClient = clientOf(cluster, watch(cluster, options.logger))
  await clusterClient
    .ask(() => cluster.connect())
    .catch(error => {
      clusterClient.close()
      throw error
    })
  return clusterClient
}

/**
 * A call never waits for a connection (no offline queue), is never sent again by the library (a claim sent again a minute later
 * would take the partition from its new owner), and a peer that vanished without a word is given up.
 */
const redisOptions = ({ commandTimeoutMs }: ClientOptions): RedisOptions => ({
  commandTimeout: commandTimeoutMs,
  connectTimeout: commandTimeoutMs,
  socketTimeout: Math.ceil(commandTimeoutMs * 1.5),
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  retryStrategy: attempt => Math.min(50 * 2 ** (attempt - 1), 2_000) * (0.75 + Math.random() / 2),
  reconnectOnError: error => error.message.startsWith('READONLY'),
})

const clusterOf = ({ options: node }: Redis, options: ClientOptions): Cluster => {
  const { host, port, username, password, tls } = node
  const { enableOfflineQueue: _, retryStrategy: __, ...nodes } = redisOptions(options)
  return new Cluster([{ host, port }], {
    lazyConnect: true,
    enableOfflineQueue: false,
    slotsRefreshTimeout: options.commandTimeoutMs,
    redisOptions: { ...nodes, username, password, tls },
  })
}

/** Says once that the connection was lost and once that it is back. The last error explains failures until then. */
const watch = (redis: Redis | Cluster, logger: ClientOptions['logger']): (() => string | undefined) => {
  let lastError: string | undefined
  let isUp = redis.status === 'ready'
  redis.on('error', (error: Error) => {
    if (isUp) logger.warn({ error: error.message }, 'Redis cannot be reached; trying again')
    isUp = false
    lastError = error.message
  })
  redis.on('ready', () => {
    if (lastError !== undefined) logger.info('Redis is back')
    isUp = true
    lastError = undefined
  })
  return () => lastError
}

const clientOf = (redis: Redis | Cluster, lastError: () => string | undefined): Client => {
  const ask: Client['ask'] = async run => {
    try {
      return await run(redis)
    } catch (error) {
      throw failure(error, lastError())
    }
  }
  const masters = (): readonly Redis[] => (redis instanceof Cluster ? redis.nodes('master') : [redis])
  return {
    ask,
    waitForReplicas: async count =>
      Math.min(...(await ask(() => Promise.all(masters().map(node => node.wait(count, REPLICA_TIMEOUT_MS)))))),
    evicting: async () => {
      for (const node of masters()) {
        const policy = /maxmemory_policy:(\S+)/.exec(await ask(() => node.info('memory')))?.[1] ?? 'unknown'
        if (policy !== 'noeviction') return evictionMessage(node, policy)
      }
      return undefined
    },
    lastError,
    close: () => redis.disconnect(),
  }
}

const evictionMessage = ({ options: { host, port } }: Redis, policy: string): string =>
  `Redis at ${host}:${port} has maxmemory-policy ${policy}: it would silently drop window state when memory is short. ` +
  `Set "maxmemory-policy noeviction" in redis.conf (now: redis-cli -h ${host} -p ${port} CONFIG SET maxmemory-policy noeviction), ` +
  'or use a Redis of its own for Tidemark.'

/** WAIT blocks its connection, and with it every call of this process. */
const REPLICA_TIMEOUT_MS = 1_000

/** Replies that say "not now": loading, a replica, a cluster that lost a part, a disk that is full, a script that runs too long. */
const CANNOT_SERVE = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|NOREPLICAS|MISCONF|BUSY|UNBLOCKED)\b/

const failure = (error: unknown, lastError: string | undefined): unknown => {
  if (!(error instanceof Error) || error instanceof StoreUnavailable) return error
  const unavailable = (reason: UnavailableReason, message: string) => new StoreUnavailable(reason, message, { cause: error })
  if (error.message === 'Command timed out') return unavailable('timeout', 'Redis did not answer in time')
  if (error.message.startsWith('OOM ')) return unavailable('out-of-memory', `Redis is out of memory: ${error.message}`)
  if (CANNOT_SERVE.test(error.message)) return unavailable('refused', `Redis cannot serve now: ${error.message}`)
  if (error.name === 'ReplyError' || error instanceof TypeError) return error
  return unavailable('connection', `no connection to Redis: ${lastError ?? 'it was lost before the reply came'}`)
}
