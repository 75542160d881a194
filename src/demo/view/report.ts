import type { Alert } from '../../windows/alert.ts'
import { segmentText } from '../../windows/rules/engine.ts'
import type { IncidentRow, Scoreboard } from '../scoreboard.ts'
import { alertText, ledgerLine, windowsText } from './frame.ts'
import { type Gauge, isBeyond } from './gauges.ts'
import type { ViewState } from './state.ts'
import { clock, count, type Paint, padEnd, short } from './text.ts'

/** The scoreboard as a table of lines; what caught an incident is left out where `width` has no room for it. */
export const report = ({ rows, falseAlarms }: Scoreboard, state: ViewState, width: number, paint: Paint): readonly string[] => {
  const caught = rows.filter(row => row.caught !== null).length
  return [
    ...table(rows, width, paint),
    `${rows.length === 0 ? 'no incidents' : `${caught} of ${rows.length} incidents caught`}, ${falseAlarmsText(falseAlarms.length, paint)}`,
    ...falseAlarms.map(alert => `  ${alertText(alert, state, paint)}`),
    ledgerLine(state),
    paint.dim(`The same stream again: --seed ${state.seed}`),
  ]
}

const table = (rows: readonly IncidentRow[], width: number, paint: Paint): readonly string[] => {
  const cells = rows.map(row => [row.incident.title, outcome(row), row.caught === null ? '' : alertSource(row.caught.by)])
  const [title, result, source] = [0, 1, 2].map(column => Math.max(0, ...cells.map(each => each[column].length)))
  const isWide = 2 + title + 2 + result + 2 + source <= width
  return rows.map(({ caught }, i) => {
    const color = caught === null ? paint.red : paint.green
    const parts = [padEnd(cells[i][0], title), color(padEnd(cells[i][1], result)), ...(isWide ? [paint.dim(cells[i][2])] : [])]
    return `${color(caught === null ? '✗' : '✓')} ${parts.join('  ')}`.trimEnd()
  })
}

const outcome = ({ caught }: IncidentRow): string =>
  caught === null ? 'not caught' : `after ${windowsText(caught.afterWindows)}, ${Math.round(caught.afterMs / 60_000)} min`

const alertSource = (alert: Alert): string =>
  [alert.rule, segmentText(alert.segment), alert.subject].filter(part => part !== '').join(' ')

const falseAlarmsText = (alarms: number, paint: Paint): string => {
  if (alarms === 0) return paint.green('no false alarm')
  return paint.red(`${alarms} false ${alarms === 1 ? 'alarm' : 'alarms'}`)
}

/** One simulated hour in one line, for a pipe. */
export const hourLine = (state: ViewState, atMs: number, paint: Paint): string => {
  const models = state.models.map(model => {
    const gauges = state.gauges.filter(gauge => gauge.model === model).flatMap(gauge => gaugeText(gauge, paint))
    return `${model} ${count(state.samples[model] ?? 0)} events/h${gauges.map(text => `, ${text}`).join('')}`
  })
  return [`${clock(atMs - state.startMs)} ${models.join('; ')}`, `${count(state.ledger.read)} events read`].join('; ')
}

const gaugeText = (gauge: Gauge, paint: Paint): readonly string[] => {
  const last = gauge.points.at(-1)
  if (last === undefined) return []
  const text = `${gauge.label} ${short(last.value)}`
  return [isBeyond(gauge, last.value) ? paint.red(text) : text]
}
