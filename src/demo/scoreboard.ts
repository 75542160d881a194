import type { Alert } from '../windows/alert.ts'
import { CLOCKS_DIFFER_MS } from './delivery.ts'
import type { Evidence, Incident } from './incidents.ts'

/** What became of an incident. `afterWindows`: windows that ended since it began, the one that fired included. */
export type IncidentRow = Readonly<{
  incident: Incident
  caught: Readonly<{ by: Alert; afterWindows: number; afterMs: number }> | null
}>

export type Scoreboard = Readonly<{
  rows: readonly IncidentRow[]
  /** The first alert of each firing that no incident explains. */
  falseAlarms: readonly Alert[]
}>

/**
 * Holds the alerts seen against the incidents injected. A firing belongs to an incident when rule, series and subject are among
 * those it explains and the window shares time with it; any other firing is a false alarm, even one that was retracted.
 * `everyMs`: the step of a window, by name.
 */
export const scoreboard = (
  incidents: readonly Incident[],
  alerts: readonly Alert[],
  everyMs: (window: string) => number,
): Scoreboard => {
  const firings = firstFirings(alerts)
  const retracted = new Set(alerts.filter(each => each.state === 'retracted').map(each => each.incidentId))
  return {
    rows: incidents.map(incident => {
      const by = firings.find(
        alert =>
          !retracted.has(alert.incidentId) && isDuring(alert, incident) && isAmong(alert, incident.model, incident.caughtBy),
      )
      if (by === undefined) return { incident, caught: null }
      const afterMs = by.windowEnd - incident.startMs
      return { incident, caught: { by, afterMs, afterWindows: Math.ceil(afterMs / everyMs(by.window)) } }
    }),
    falseAlarms: firings.filter(alert => !incidents.some(incident => isExplainedBy(alert, incident))),
  }
}

/** 1 if an incident was missed. */
export const exitCodeOf = ({ rows }: Scoreboard): 0 | 1 => (rows.some(row => row.caught === null) ? 1 : 0)

export const isExplainedBy = (alert: Alert, incident: Incident): boolean =>
  isDuring(alert, incident) && isAmong(alert, incident.model, [...incident.caughtBy, ...incident.explains])

const firstFirings = (alerts: readonly Alert[]): readonly Alert[] => {
  const first = new Map<string, Alert>()
  for (const alert of alerts) {
    if (alert.state !== 'firing') continue
    const known = first.get(alert.incidentId)
    if (known === undefined || alert.windowEnd < known.windowEnd) first.set(alert.incidentId, alert)
  }
  return [...first.values()].sort((a, b) => a.windowEnd - b.windowEnd)
}

/** By the gateways' clocks, which differ. */
const isDuring = (alert: Alert, { startMs, endMs }: Incident): boolean =>
  alert.windowStart < endMs + CLOCKS_DIFFER_MS && alert.windowEnd > startMs - CLOCKS_DIFFER_MS

const isAmong = (alert: Alert, model: string, evidence: readonly Evidence[]): boolean =>
  alert.model === model &&
  evidence.some(
    ({ rule, segment, subject }) => alert.rule === rule && alert.subject === subject && isSame(alert.segment, segment),
  )

const isSame = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([dimension, value]) => b[dimension] === value)
