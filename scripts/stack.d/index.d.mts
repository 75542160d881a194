/** A server that answers. It is killed when the process that started it ends, unless `survive` was asked for. */
export type Server = Readonly<{
  name: string
  pid: number
  port: number
  url: string
  dir: string
  log: string
  /** SIGTERM, SIGKILL after 20 s; resolves when no process is left. A temporary directory is deleted. */
  stop: () => Promise<void>
  /** `SIGKILL` by default: resolves when it is gone, and `dir` stays. `SIGSTOP` and `SIGCONT` resolve at once. */
  kill: (signal?: NodeJS.Signals) => Promise<void>
  isAlive: () => boolean
}>

/** `port` and `dir` of a server that was killed bring it back; without them, a free port and a temporary directory. */
export type Place = Readonly<{ port?: number; dir?: string; survive?: boolean }>

export type KafkaCluster = Readonly<{
  /** `host:port` of every broker. */
  addresses: string[]
  nodes: Server[]
  /** Starts a node that was stopped or killed on its port and its data; resolves when it serves again. */
  restart: (index: number) => Promise<Server>
  stop: () => Promise<void>
}>

export type RedisCluster = Readonly<{
  addresses: string[]
  nodes: Server[]
  /** Starts a node that was killed on its port and its data; resolves when the cluster serves again. */
  restart: (index: number) => Promise<Server>
  stop: () => Promise<void>
}>

/** `config` is laid over every broker's server.properties. Topics are never created by themselves. */
export function startKafka(
  options?: Readonly<{
    brokers?: number
    dir?: string
    config?: Readonly<Record<string, string | number | boolean>>
    heapMb?: number
    survive?: boolean
  }>,
): Promise<KafkaCluster>

/** `url` speaks Confluent's API; schemas live in memory. */
export function startRegistry(options?: Place & Readonly<{ args?: readonly string[] }>): Promise<Server>

/** Append-only file, no eviction; `args` are laid over: `['--maxmemory', '64mb']`. */
export function startRedis(options?: Place & Readonly<{ name?: string; args?: readonly string[] }>): Promise<Server>

/** `nodes` masters (3) that own all slots. */
export function startRedisCluster(
  options?: Readonly<{ nodes?: number; dir?: string; args?: readonly string[]; survive?: boolean }>,
): Promise<RedisCluster>

export function startElasticsearch(options?: Place & Readonly<{ heapMb?: number }>): Promise<Server>

/** `config` is the text of the configuration; `configFile` a file, whose relative paths then hold. */
export type Configured = Place & Readonly<{ config?: string; configFile?: string; args?: readonly string[] }>

/** Scrapes 127.0.0.1:9464 every second without a configuration; reloads on `POST /-/reload`. */
export function startPrometheus(options?: Configured): Promise<Server>
/** Notifies nobody without a configuration. */
export function startAlertmanager(options?: Configured): Promise<Server>
export function startPushgateway(options?: Place & Readonly<{ args?: readonly string[] }>): Promise<Server>

export type ServerName =
  | 'kafka'
  | 'registry'
  | 'redis'
  | 'elasticsearch'
  | 'redis-cluster'
  | 'prometheus'
  | 'alertmanager'
  | 'pushgateway'
export type Report = (name: string, line: string) => void

/** As `scripts/stack up`: installs what is missing; returns the servers that were not up before. */
export function up(
  names?: readonly (ServerName | 'tools')[],
  settings?: Readonly<{ report?: Report; options?: Readonly<Partial<Record<ServerName, Readonly<Record<string, unknown>>>>> }>,
): Promise<ServerName[]>

/** As `scripts/stack down`: stops and deletes the data; without names, everything. */
export function down(names?: readonly ServerName[], settings?: Readonly<{ report?: Report }>): Promise<ServerName[]>

/** Of what is up. Several are separated by commas. */
export function addresses(): Partial<Record<ServerName, string>>

export type Tool = 'prometheus' | 'promtool' | 'alertmanager' | 'pushgateway' | 'chromium' | 'dockerCompose'

/** The program's path; throws what to do when it is missing. */
export function binary(name: Tool): string

/** On 127.0.0.1, outside the ephemeral range, never the same one twice in a process. */
export function freePort(): Promise<number>

/** Polls until the condition answers something truthy, and returns it; a throwing condition counts as "not yet". */
export function waitFor<T>(
  what: string,
  condition: () => T | Promise<T>,
  limits?: Readonly<{ timeoutMs?: number; everyMs?: number }>,
): Promise<T>

/** Runs `work` while no other process holds the lock file `path`. */
export function withLock<T>(
  path: string,
  work: () => Promise<T>,
  settings?: Readonly<{ onWait?: () => void; timeoutSeconds?: number }>,
): Promise<T>

export const repository: string
export const stackDir: string
