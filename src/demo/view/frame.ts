import type { Alert } from '../../windows/alert.ts'
import { segmentText } from '../../windows/rules/engine.ts'
import { ALL_VERSIONS } from '../../windows/series.ts'
import { everyMsOf } from '../config.ts'
import { type IncidentRow, isExplainedBy, scoreboard } from '../scoreboard.ts'
import { type Gauge, isBeyond } from './gauges.ts'
import type { ViewState } from './state.ts'
import { bar, clock, count, cut, levelOf, type Paint, padEnd, padStart, short } from './text.ts'

export type Screen = Readonly<{ width: number; height: number; paint: Paint }>

const LEAST_ALERTS = 3
const MOST_ALERTS = 12

/** The live picture, top to bottom: at most `height` lines, none wider than `width`. */
export const frame = (state: ViewState, screen: Screen): readonly string[] => {
  const { width, height, paint } = screen
  const { rows } = scoreboard(state.incidents, state.alerts, everyMsOf)
  const models = state.models.flatMap(model => modelLines(state, model, screen))
  const incidents = rows.length === 0 ? [] : [...rows.map(row => incidentLine(row, state, paint)), '']
  const others = 2 + incidents.length + 1
  const alerts = alertLines(state, Math.max(LEAST_ALERTS, Math.min(MOST_ALERTS, height - models.length - others)), paint)
  const shown = models.slice(0, Math.max(0, height - others - alerts.length))
  return [header(state, screen), '', ...shown, ...incidents, ...alerts, ledgerLine(state)]
    .slice(0, height)
    .map(line => cut(line, width))
}

const header = ({ seed, startMs, endMs, nowMs, windows }: ViewState, { width, paint }: Screen): string => {
  const share = Math.min(1, (nowMs - startMs) / (endMs - startMs))
  const left = `${paint.bold('tidemark demo')}  seed ${seed}  ${paint.bold(clock(nowMs - startMs))} of ${clock(endMs - startMs)}`
  const right = `${padStart(`${Math.floor(share * 100)} %`, 5)}  ${count(windows)} windows`
  const room = Math.max(8, Math.min(40, width - 70))
  return `${left}  ${paint.cyan(bar(share, room))}${right}`
}

/** Eighty columns leave 18 for the line; what is cut off first is the threshold. */
const GAUGE_COLUMNS = { label: 10, value: 7, where: 36, threshold: 7 } as const
const ROOM = { least: 12, most: 72 } as const

const modelLines = (state: ViewState, model: string, screen: Screen): readonly string[] => {
  const samples = state.samples[model]
  const title = `${screen.paint.bold(model)}${samples === undefined ? '' : screen.paint.dim(`  ${count(samples)} events in the last hour`)}`
  return [title, ...state.gauges.filter(gauge => gauge.model === model).map(gauge => gaugeLine(gauge, screen)), '']
}

const gaugeLine = (gauge: Gauge, { width, paint }: Screen): string => {
  const { label, value, where, threshold } = GAUGE_COLUMNS
  const room = Math.max(ROOM.least, Math.min(ROOM.most, width - 2 - label - value - where - threshold))
  const last = gauge.points.at(-1)
  const line = `  ${padEnd(gauge.label, label)}${padEnd(sparkline(gauge, room, paint), room)}`
  if (last === undefined) return line + paint.dim('  waiting for the first hour')
  const reading = padStart(short(last.value), value)
  const colored = isBeyond(gauge, last.value) ? paint.red(reading) : reading
  const limit = paint.dim(`${gauge.worst === 'highest' ? '>' : '<'} ${short(gauge.threshold)}`)
  return `${line}${colored}  ${padEnd(cut(`${gauge.worst} ${last.where}`, where - 2), where - 2)}${padStart(limit, threshold)}`
}

const sparkline = (gauge: Gauge, room: number, paint: Paint): string => {
  const { points, threshold } = gauge
  const values = points.map(point => point.value)
  // the threshold is half-way up, or at two thirds, unless values reach further
  const low = gauge.worst === 'highest' ? 0 : Math.min(2 * threshold - 1, ...values)
  const high = gauge.worst === 'highest' ? Math.max(1.5 * threshold, ...values) : 1
  return values
    .slice(-room)
    .map(value => (isBeyond(gauge, value) ? paint.red(levelOf(value, low, high)) : paint.green(levelOf(value, low, high))))
    .join('')
}

const incidentLine = ({ incident, caught }: IncidentRow, { nowMs, startMs }: ViewState, paint: Paint): string => {
  const from = `${clock(incident.startMs - startMs)}–${clock(incident.endMs - startMs)}`
  const line = (mark: string, color: (text: string) => string, outcome: string, title: string): string =>
    `  ${color(mark)} ${from}  ${color(padEnd(outcome, 24))}${title}`.trimEnd()
  if (nowMs < incident.startMs) return line('·', paint.dim, 'to come', '')
  if (caught !== null) return line('✓', paint.green, `caught after ${windowsText(caught.afterWindows)}`, incident.title)
  if (nowMs < incident.endMs) return line('▶', paint.yellow, 'under way', incident.title)
  return line('✗', paint.red, 'not caught', incident.title)
}

export const windowsText = (windows: number): string => `${windows} ${windows === 1 ? 'window' : 'windows'}`

const alertLines = (state: ViewState, room: number, paint: Paint): readonly string[] => {
  const title = paint.bold('alerts')
  if (state.alerts.length === 0) return [title, paint.dim('  none')]
  const latest = state.alerts.slice(-(room - 1)).reverse()
  return [title, ...latest.map(alert => `  ${alertText(alert, state, paint)}`)]
}

/** One alert in one line, without the date: `04:30 firing    shelf-life  gateway=gw-boston  ks storage_temp_c .921 (limit .200)`. */
export const alertText = (
  alert: Alert,
  { startMs, incidents }: Pick<ViewState, 'startMs' | 'incidents'>,
  paint: Paint,
): string => {
  const series = [alert.model, alert.version === ALL_VERSIONS ? '' : alert.version, segmentText(alert.segment)]
    .filter(part => part !== '')
    .join('  ')
  const what = [alert.metric, alert.subject].filter(part => part !== '').join(' ')
  const value = alert.value === null ? '' : ` ${short(alert.value)}`
  const isFalse = alert.state === 'firing' && !incidents.some(incident => isExplainedBy(alert, incident))
  return `${clock(alert.windowEnd - startMs)} ${stateText(alert, paint)} ${series}  ${what}${value} (limit ${short(alert.threshold)})${isFalse ? paint.red('  false alarm') : ''}`
}

const stateText = ({ state }: Alert, paint: Paint): string => {
  const text = padEnd(state, 9)
  switch (state) {
    case 'firing':
      return paint.red(text)
    case 'pending':
      return paint.yellow(text)
    case 'resolved':
      return paint.green(text)
    case 'retracted':
      return paint.cyan(text)
  }
}

export const ledgerLine = ({ ledger }: Pick<ViewState, 'ledger'>): string => {
  const { read, inWindows, tooLate, deadLettered, skipped } = ledger
  const parts = `${count(inWindows)} in windows + ${count(tooLate)} too late + ${count(deadLettered)} dead letters + ${count(skipped)} skipped`
  return `${count(read)} events = ${parts}`
}
