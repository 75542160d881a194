import { createMemoryLog } from '../../src/consumers/memory/log.ts'
import { createMemoryRegistry, type SchemaSource } from '../../src/events/registry.ts'
import { SCHEMAS, valueSubject } from '../../src/events/schemas.ts'
import { parseRegistry } from '../../src/windows/firing/registry.ts'
import { createPlans } from '../../src/windows/plan.ts'
import type { Judge } from '../../src/windows/store/fence.ts'
import type { StateStore } from '../../src/windows/store/port.ts'
import { closingWatermarkMs } from '../../src/windows/time.ts'
import { createRandom } from '../support/random.ts'
import { drawnFaults, type FaultSource, listedFaults, type Struck } from './faults.ts'
import { lastTimeMs, startGateway } from './gateway.ts'
import { type History, START_MS } from './history.ts'
import { type Outcome, readPublished } from './outcome.ts'
import { type Process, startProcess, type World } from './process.ts'
import { createTimeline } from './timeline.ts'
import { createWatchedStore } from './watched-store.ts'

export type RunOptions = Readonly<{
  /** What an ablation leaves out of the store. */
  judge?: Judge
  /** What an ablation does to a process's own handle on the store. */
  spoil?: (store: StateStore, history: History) => StateStore
  trace?: (line: string) => void
}>

export type Run = Readonly<{
  outcome: Outcome
  /** Faults in order, as they struck. */
  struck: readonly Struck[]
  /** Events of virtual time. */
  events: number
}>

/** Longer than any history that comes to its end, in virtual time and in events. */
const LIMIT = { afterMs: 600_000, events: 60_000 } as const

/** Runs a history to its end: everything that was delivered is read, fired and published, and every process has stopped. */
export const runHistory = async (history: History, options: RunOptions = {}): Promise<Run> => {
  const { config, seed } = history
  const { topics, partitions } = config.kafka
  const timeline = createTimeline(START_MS, createRandom(seed ^ 0x5bd1e995))
  const trace = (line: string): void => options.trace?.(`${String(timeline.nowMs() - START_MS).padStart(6)} ${line}`)
  const log = createMemoryLog({
    clock: timeline.nowMs,
    fetchMaxBytes: config.kafka.fetchMaxBytes,
    defer: task => void timeline.after(1, null, task),
  })
  const spec = (name: string, count: number) => ({ name, partitions: count, config: {} })
  await log.ensureTopics(
    [spec(topics.predictions, partitions), spec(topics.windows, 1), spec(topics.alerts, 1), spec(topics.deadLetters, 1)],
    { create: true },
  )
  const schemas: SchemaSource = createMemoryRegistry()
  const schemaId = await schemas.register(valueSubject(topics.predictions), SCHEMAS.prediction)
  const struck: Struck[] = []
  let isHealed = false
  const faultAt = recorded(faultsOf(history), struck, () => isHealed)
  const watched = createWatchedStore({ judge: options.judge, keepsSnapshots: mayFailOver(history), partitions })
  const violations: string[] = []
  const leftOut = new Set<number>()

  const world: World = {
    seed,
    config,
    timeline,
    log,
    store: watched.store,
    schemas,
    faultAt,
    spoil: store => options.spoil?.(store, history) ?? store,
    strikeStore: watched.strike,
    leftOut: shard => void leftOut.add(shard),
    trace,
    isTraced: options.trace !== undefined,
  }
  const current = new Map<number, Process>()
  let isOver = false
  const start = (slot: number, incarnation: number): void => {
    if (isOver) return
    const name = `${String.fromCharCode(65 + slot)}${incarnation}`
    trace(`${name}: starts`)
    const process = startProcess(world, name, {
      onEnded: awayMs => void timeline.after(awayMs, null, () => start(slot, incarnation + 1)),
      onFailed: error => violations.push(`${name} gave up: ${error instanceof Error ? error.message : String(error)}`),
    })
    current.set(slot, process)
  }
  await startGateway(history, { log, timeline, schemaId, topic: topics.predictions })
  for (let slot = 0; slot < history.processes; slot++) timeline.after(slot * 7, null, () => start(slot, 1))
  timeline.after(history.healAtMs, null, () => {
    isHealed = true
    trace('everything heals')
    for (const process of current.values()) process.thaw()
  })

  const untilMs = closingWatermarkMs(createPlans(config).classes, lastTimeMs(history), config.time.allowedLatenessMs)
  let isDrained = false
  const look = async (): Promise<void> => {
    isDrained = await hasLeft(watched.truth, partitions, untilMs)
    timeline.after(LOOK_MS, null, () => void look())
  }
  timeline.after(history.healAtMs, null, () => void look())
  const limit = { untilMs: START_MS + history.healAtMs + LIMIT.afterMs, events: LIMIT.events }
  const stopAll = async (): Promise<void> => {
    isOver = true
    let hasStopped = false
    const stopping = [...current.values()].map(process => (process.life.state === 'dead' ? undefined : process.stop()))
    void Promise.all(stopping).then(() => {
      hasStopped = true
    })
    if (!(await timeline.run(() => hasStopped, { ...limit, untilMs: limit.untilMs + LIMIT.afterMs })))
      violations.push('a process does not stop')
  }
  if (await timeline.run(() => isDrained, limit)) await stopAll()
  else violations.push(`it does not come to its end: ${await standing(watched.truth, partitions)}`)

  const published = await readPublished(log, topics)
  const outcome = {
    ...published,
    leftOut,
    ...(await stored(watched.truth, partitions)),
    violations: [...published.violations, ...watched.violations(), ...violations],
  }
  return { outcome, struck, events: timeline.events() }
}

/** How often somebody looks whether everything has left. */
const LOOK_MS = 100

const mayFailOver = ({ faults }: History): boolean =>
  'kinds' in faults ? faults.kinds.includes('failover') : faults.some(struck => struck.fault.kind === 'failover')

const faultsOf = ({ faults, seed, config }: History): FaultSource =>
  'kinds' in faults ? drawnFaults(createRandom(seed ^ 0x27d4eb2f), faults, config.kafka.partitions) : listedFaults(faults)

const recorded =
  (source: FaultSource, struck: Struck[], isHealed: () => boolean): FaultSource =>
  place => {
    const fault = isHealed() ? null : source(place)
    if (fault !== null) struck.push({ ...place, fault })
    return fault
  }

const standing = async ({ partitions, shards }: StateStore, count: number): Promise<string> => {
  const since = (ms: number | undefined | null): string => (ms === undefined || ms === null ? 'never' : `${ms - START_MS}`)
  const closed = (await partitions.progress(count)).map(meta => since(meta?.closedThroughMs))
  const fired = (await shards.firedThrough(count)).map(since)
  return `closed through ${closed.join(', ')}, fired through ${fired.join(', ')}`
}

/** Everything is closed, fired and published. */
const hasLeft = async ({ partitions, shards }: StateStore, count: number, untilMs: number): Promise<boolean> => {
  const closed = await partitions.progress(count)
  const fired = await shards.firedThrough(count)
  const isFired =
    closed.every(meta => meta !== null && meta.closedThroughMs >= untilMs) && fired.every(ms => ms !== null && ms >= untilMs)
  if (!isFired) return false
  const outboxes = await Promise.all(fired.map((_, shard) => shards.outbox(shard, 1)))
  return outboxes.every(page => page.length === 0)
}

const stored = async ({ partitions, shards }: StateStore, count: number): Promise<Pick<Outcome, 'ledgers' | 'numbers'>> => {
  const metas = await partitions.progress(count)
  const numbers = await Promise.all(
    metas.map(async (_, shard) => {
      const { meta } = await shards.claim(shard, 'onlooker')
      const { totals, alerts, firing, lastDataMs } = parseRegistry(meta?.registry ?? null)
      return JSON.stringify([totals, alerts, firing, lastDataMs].map(map => [...map].sort()))
    }),
  )
  return { ledgers: metas.map(meta => meta && { offset: Number(meta.restart.offset), ...meta.restart.ledger }), numbers }
}
