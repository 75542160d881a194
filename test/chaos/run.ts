import { systemClock } from '../../src/clock.ts'
import { createRandom, type Random } from '../support/random.ts'
import { eventually } from '../support/tidemark-process.ts'
import { FAULTS, type Fault, type FaultName } from './faults.ts'
import { type Fleet, startFleet } from './fleet.ts'
import { startLoad } from './load.ts'
import { type Expected, recompute } from './oracle.ts'
import { readPredictions, readTopic } from './topics.ts'
import { compareRuns, compareStates, compareWindows, onePerId } from './verdict.ts'
import type { World } from './world.ts'

export type ChaosOptions = Readonly<{
  world: World
  seed: number
  processes: number
  eventsPerSecond: number
  /** These in this order, or random ones for so long. */
  faults: readonly FaultName[] | Readonly<{ minutes: number; of: readonly FaultName[] }>
  say(what: string): void
}>

export type ChaosReport = Readonly<{
  faults: readonly string[]
  events: number
  windows: number
  /** Results and alerts that were delivered more than once, equal each time. */
  repeats: number
  alerts: number
  /** Empty: all is as it should be. */
  problems: readonly string[]
}>

/** Between two faults, so that something has happened. */
const CALM_MS = 2_000
const SETTLE_TIMEOUT_MS = 240_000

/** Load, faults, the end of the stream; then everything that left is compared with what should have. */
export const runChaos = async (options: ChaosOptions): Promise<ChaosReport> => {
  const { world, say, processes } = options
  say(`logs of the processes: ${world.dir}`)
  const random = createRandom(options.seed)
  const fleet = startFleet(world.config().path, processes)
  try {
    for (let index = 0; index < processes; index++) await fleet.ready(index)
    const load = await startLoad(world, options)
    const done: string[] = []
    for (const name of order(options, random)) {
      await systemClock.sleep(CALM_MS)
      const fault: Fault = FAULTS[name]
      say(`${fault.name} (${load.published()} events so far)`)
      await fault.strike({ world, fleet, random, say })
      done.push(fault.name)
    }
    await systemClock.sleep(CALM_MS)
    await load.end()
    say(`the stream has ended after ${load.published()} events: comparing`)
    const judged = await judge(world, fleet, say)
    say(`${judged.problems.length} differences`)
    return { ...judged, faults: done }
  } finally {
    await fleet.stop(world.dir)
  }
}

function* order({ faults }: ChaosOptions, random: Random): Generator<FaultName> {
  if (!('minutes' in faults)) return yield* faults
  const endMs = Date.now() + faults.minutes * 60_000
  while (Date.now() < endMs) yield random.pick(faults.of)
}

const judge = async (world: World, fleet: Fleet, say: (what: string) => void): Promise<Omit<ChaosReport, 'faults'>> => {
  const expected = recompute(await readPredictions(world))
  const problems: string[] = []
  const windowsOf = async (topic: string) => onePerId('window', await readTopic(world, topic))

  const settled = await eventually(
    'every window has left and the ledger has every event',
    async () =>
      (await ledgerOf(fleet)).read === expected.ledger.read &&
      (await windowsOf(world.topics.windows)).values.size >= expected.windows.size,
    SETTLE_TIMEOUT_MS,
  ).catch((error: unknown) => error)
  if (settled instanceof Error) problems.push(settled.message)
  await eventually('no alert waits', async () =>
    [...(await fleet.metric('tidemark_process_shard_outbox_alerts')).values()].every(n => n === 0),
  )
  const ledger = await ledgerOf(fleet)
  if (JSON.stringify(ledger) !== JSON.stringify(expected.ledger))
    problems.push(`the ledger says ${JSON.stringify(ledger)}, another client counted ${JSON.stringify(expected.ledger)}`)

  say('the undisturbed run')
  const calm = world.config(true)
  const undisturbed = startFleet(calm.path, 1, 'monitor')
  try {
    const windows = await windowsOf(world.topics.windows)
    problems.push(...windows.problems, ...compareWindows(windows, expected))
    await eventually(
      'the undisturbed run has ended',
      async () => (await windowsOf(calm.topics.windows)).values.size >= expected.windows.size,
      SETTLE_TIMEOUT_MS,
    )
    await eventually('it has told its alerts', async () =>
      [...(await undisturbed.metric('tidemark_process_shard_outbox_alerts')).values()].every(n => n === 0),
    )
    problems.push(...compareRuns('window', windows, await windowsOf(calm.topics.windows)))

    const told = await readTopic(world, world.topics.alerts)
    const alerts = onePerId('alert', told)
    problems.push(...alerts.problems, ...compareStates(told))
    problems.push(...compareRuns('alert', alerts, onePerId('alert', await readTopic(world, calm.topics.alerts))))

    problems.push(...(await compareArchive(world, expected)), ...fleet.complaints())
    return {
      events: expected.ledger.read,
      windows: windows.values.size,
      repeats: windows.repeats + alerts.repeats,
      alerts: alerts.values.size,
      problems,
    }
  } finally {
    await undisturbed.stop(world.dir)
  }
}

/** The ledger of all partitions, as the fleet's metrics say it. */
export const ledgerOf = async (fleet: Fleet): Promise<Expected['ledger']> => {
  const sum = (samples: ReadonlyMap<string, number>, having = ''): number =>
    [...samples].filter(([labels]) => labels.includes(having)).reduce((total, [, value]) => total + value, 0)
  const events = await fleet.metric('tidemark_process_ledger_events')
  return {
    read: sum(await fleet.metric('tidemark_process_ledger_read_events')),
    inWindows: sum(events, 'category="in_windows"'),
    late: sum(await fleet.metric('tidemark_process_ledger_late_events')),
    tooLate: sum(events, 'category="too_late"'),
    deadLettered: sum(events, 'category="dead_lettered"'),
    skipped: sum(events, 'category="skipped"'),
  }
}

/** Each event is there once: as many documents as events, and as many ids. */
const compareArchive = async ({ elasticsearchUrl, index }: World, { events }: Expected): Promise<readonly string[]> => {
  const ask = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
    const reply = await fetch(`${elasticsearchUrl}/${index}-*/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return (await reply.json()) as Record<string, unknown>
  }
  const count = async (): Promise<number> => {
    await ask('_refresh', {})
    return Number((await ask('_count', {})).count)
  }
  const reached = await eventually('the archive has every event', async () => (await count()) >= events, SETTLE_TIMEOUT_MS).catch(
    () => false,
  )
  const documents = await count()
  return reached !== false && documents === events ? [] : [`the archive holds ${documents} documents of ${events} events`]
}
