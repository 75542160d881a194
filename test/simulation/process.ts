import { pino } from 'pino'
import { Registry } from 'prom-client'
import type { Config } from '../../src/config/config.ts'
import type { Membership } from '../../src/consumers/log.ts'
import type { MemoryLog } from '../../src/consumers/memory/log.ts'
import type { SchemaSource } from '../../src/events/registry.ts'
import type { MonitorContext } from '../../src/roles/monitor/context.ts'
import { createMonitorContext } from '../../src/roles/monitor/create-context.ts'
import { type Monitor, startMonitor } from '../../src/roles/monitor/monitor.ts'
import { createDomainMetrics } from '../../src/sinks/prometheus/domain-metrics.ts'
import { createProcessMetrics } from '../../src/sinks/prometheus/process-metrics.ts'
import type { StateStore } from '../../src/windows/store/port.ts'
import { createRandom } from '../support/random.ts'
import { createCarrier } from './carrier.ts'
import { createVirtualClock } from './clock.ts'
import type { Fault, FaultSource } from './faults.ts'
import { encodeAlert, encodeWindowResult } from './outcome.ts'
import { carriedLog, carriedSchemas, carriedStore } from './ports.ts'
import type { Life, Timeline } from './timeline.ts'

/** What all processes of a history share: the world outside. */
export type World = Readonly<{
  seed: number
  config: Config
  timeline: Timeline
  log: MemoryLog
  store: StateStore
  schemas: SchemaSource
  faultAt: FaultSource
  /** What an ablation does to a process's own handle on the store. */
  spoil(store: StateStore): StateStore
  /** The store as a whole is struck. */
  strikeStore(fault: Fault): void
  /** A shard leaves firings out. */
  leftOut(shard: number): void
  trace(line: string): void
  /** Verbose logs, for a trace that people read. */
  isTraced: boolean
}>

/** One monitor process, from its start to its end; the next one in its place is another. */
export type Process = Readonly<{
  name: string
  life: Life
  /** Resolves when it has stopped in good order. */
  stop(): Promise<void>
  thaw(): void
}>

const isNetworkFree = (name: string): boolean => name === 'join' || name === 'leave'
const STRIKES_PROCESS: readonly Fault['kind'][] = ['crash', 'restart', 'freeze', 'evict']

/** `onEnded`: it is gone, whichever way; another may be started after `awayMs`. */
export const startProcess = (
  world: World,
  name: string,
  callbacks: Readonly<{ onEnded(awayMs: number): void; onFailed(error: unknown): void }>,
): Process => {
  const { config, timeline, log, trace } = world
  const life: Life = { state: 'running' }
  const seed = [...name].reduce((hash, letter) => Math.imul(hash, 31) + letter.charCodeAt(0), world.seed)
  const random = createRandom(seed)
  let membership: Membership | undefined
  let monitor: Monitor | undefined
  let stopping: Promise<void> | undefined

  const leaveGroup = (): void => void membership?.stop().catch(() => {})

  const die = (awayMs: number): void => {
    if (life.state === 'dead') return
    life.state = 'dead'
    trace(`${name}: dead`)
    timeline.after(config.kafka.sessionTimeoutMs, null, leaveGroup)
    callbacks.onEnded(awayMs)
  }

  const beat = (afterMs: number): void => {
    timeline.after(afterMs, life, () => void membership?.freshHeartbeat().catch(() => {}))
  }

  const evict = (): void => {
    if (membership !== undefined && life.state !== 'dead') log.evict(membership)
  }

  const thaw = (): void => {
    if (life.state !== 'frozen') return
    life.state = 'running'
    trace(`${name}: goes on`)
    timeline.thawed(life)
    beat(random.below(300))
  }

  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      await started
      await monitor?.stop()
      life.state = 'dead'
      trace(`${name}: stopped`)
    })()
    return stopping
  }

  const strike = (fault: Fault): void => {
    switch (fault.kind) {
      case 'crash':
        die(fault.awayMs)
        return
      case 'restart':
        if (stopping === undefined && monitor !== undefined) void stop().then(() => callbacks.onEnded(fault.awayMs))
        return
      case 'freeze':
        life.state = 'frozen'
        if (fault.forMs > config.kafka.sessionTimeoutMs) timeline.after(config.kafka.sessionTimeoutMs, null, evict)
        timeline.after(fault.forMs, null, thaw)
        return
      case 'evict':
        evict()
        beat(fault.beatMs)
        return
      default:
        world.strikeStore(fault)
    }
  }

  const carry = createCarrier({
    process: name,
    life,
    timeline,
    random,
    faultAt: place => {
      const fault = world.faultAt(place)
      return fault !== null && isNetworkFree(place.name) && !STRIKES_PROCESS.includes(fault.kind) ? null : fault
    },
    strike,
    trace,
  })
  const logger = world.isTraced
    ? pino({ level: 'info', base: null, timestamp: false }, { write: line => trace(`${name} says ${line.trim()}`) })
    : pino({ level: 'silent' })

  const run = async (): Promise<void> => {
    const registry = new Registry()
    const clock = createVirtualClock(timeline, life)
    const given = await createMonitorContext({
      config,
      log: carriedLog({
        log,
        life,
        timeline,
        carry,
        onMembership: inner => {
          membership = inner
        },
      }),
      store: world.spoil(carriedStore(world.store, carry)),
      schemas: carriedSchemas(world.schemas, carry),
      clock,
      logger,
      instance: name,
      metrics: {
        process: { ...createProcessMetrics({ registry, nowMs: clock.now, defaultMetrics: false }), skippedFiring: world.leftOut },
        domain: createDomainMetrics(registry),
      },
      observer: { windows: () => {}, alerts: () => {} },
    })
    const context: MonitorContext = { ...given, encode: { windowResult: encodeWindowResult, alert: encodeAlert } }
    monitor = await startMonitor(context)
    monitor.failed.catch(callbacks.onFailed)
  }
  // a process that cannot start ends, and is started again
  const started = run().catch(() => die(100))

  return { name, life, stop, thaw }
}
