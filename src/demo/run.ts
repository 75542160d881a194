import { pino } from 'pino'
import type { Registry } from 'prom-client'
import type { Prediction } from '../events/prediction.ts'
import { startTwin } from '../roles/twin.ts'
import type { Alert } from '../windows/alert.ts'
import type { Ledger } from '../windows/store/port.ts'
import { DEMO_WINDOWS, demoConfig } from './config.ts'
import { type Incident, incidentsOfDay } from './incidents.ts'
import { createPace, type Speed } from './pace.ts'
import { demoReferences } from './references.ts'
import { DAY_MS } from './rhythm.ts'
import { type Scoreboard, scoreboard } from './scoreboard.ts'
import { simulate } from './simulator.ts'
import type { ViewSubject } from './view/state.ts'
import type { DemoView } from './view.ts'

export type DayOptions = Readonly<{
  seed: number
  incidents: boolean
  speed: Speed
  /** Called once the day is known; null: nobody looks. */
  view(subject: ViewSubject): DemoView | null
  clock: Readonly<{ now(): number; sleep(ms: number): Promise<void> }>
  signal: AbortSignal
}>

export type Day = Readonly<{
  /** null: broken off. */
  scoreboard: Scoreboard | null
  ledger: Ledger
  alerts: readonly Alert[]
  registry: Registry
  stop(): Promise<void>
}>

/** A Monday, so that days and weeks begin with it. */
const DAY_START_MS = Date.UTC(2026, 0, 5)
const BATCH = 64
/** Wall time between checkpoints: windows should appear as they close, also in a day that lasts seconds. */
const CHECKPOINT_MS = 50
/** What must be stored is; nothing more, for the store lives no longer than the process. */
const CHECKPOINT_BYTES = 0

/** One simulated day through the real pipeline on the in-memory twins. */
export const runDay = async (options: DayOptions): Promise<Day> => {
  const { seed, signal } = options
  const startMs = DAY_START_MS
  const incidents: readonly Incident[] = options.incidents ? incidentsOfDay(startMs) : []
  const given = demoConfig(demoReferences(seed, startMs), 0)
  const config = { ...given, checkpoint: { ...given.checkpoint, intervalMs: CHECKPOINT_MS, maxBytes: CHECKPOINT_BYTES } }
  const view = options.view({
    seed,
    startMs,
    endMs: startMs + DAY_MS,
    incidents,
    models: config.models.map(m => m.name),
    rules: config.rules,
  })
  const alerts: Alert[] = []
  let simulatedMs = startMs
  const twin = await startTwin({
    config,
    logger: pino({ level: config.log.level }, pino.destination(2)),
    logClock: () => simulatedMs,
    onWindows: results => {
      for (const result of results) view?.onWindow(result)
    },
    onAlerts: sent => {
      alerts.push(...sent)
      for (const alert of sent) view?.onAlert(alert)
    },
  })
  const pace = createPace(startMs, options.speed, options.clock)
  let lastTimeMs = startMs
  let batch: Prediction[] = []
  const flush = async (): Promise<void> => {
    await twin.publish(batch)
    batch = []
    view?.onTick(simulatedMs, await twin.ledger())
  }
  for (const { arrivalMs, prediction } of simulate({ seed, startMs, durationMs: DAY_MS, incidents })) {
    const due = pace.until(arrivalMs)
    if (due !== undefined || batch.length === BATCH) await flush()
    if (due !== undefined) await due
    if (signal.aborted) break
    simulatedMs = arrivalMs
    lastTimeMs = Math.max(lastTimeMs, prediction.time)
    batch.push(prediction)
  }
  await flush()
  if (!signal.aborted) await twin.end(lastTimeMs)
  const everyMs = (window: string): number => Object.values(DEMO_WINDOWS).find(w => w.name === window)?.everyMs ?? 1
  const board = signal.aborted ? null : scoreboard(incidents, alerts, everyMs)
  const ledger = await twin.ledger()
  view?.onTick(startMs + DAY_MS, ledger)
  view?.close(board)
  return { scoreboard: board, ledger, alerts, registry: twin.registry, stop: twin.stop }
}
