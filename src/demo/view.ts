import type { Alert } from '../windows/alert.ts'
import type { Ledger } from '../windows/store/port.ts'
import type { WindowResult } from '../windows/window-result.ts'
import { HOUR_MS } from './rhythm.ts'
import type { Scoreboard } from './scoreboard.ts'
import { alertText, frame } from './view/frame.ts'
import { hourLine, report } from './view/report.ts'
import { startOf, type ViewState, type ViewSubject, withAlert, withTick, withWindow } from './view/state.ts'
import { clock, createPaint, type Paint } from './view/text.ts'

/** What a demo shows while it runs. */
export type DemoView = Readonly<{
  onWindow(result: WindowResult): void
  onAlert(alert: Alert): void
  onTick(simulatedMs: number, ledger: Ledger): void
  /** The last picture, then the scoreboard (null: the run was broken off). The terminal is as it was before. */
  close(scoreboard: Scoreboard | null): void
}>

/** What is written to: `process.stdout`. Columns and rows may change at any time. */
export type Output = Readonly<{ write(text: string): unknown; columns?: number; rows?: number }>

export type ViewOptions = Readonly<{
  subject: ViewSubject
  out: Output
  /** false: plain lines. */
  live: boolean
  color: boolean
  /** ms, for the time between two pictures. */
  now(): number
}>

export const createView = (options: ViewOptions): DemoView => (options.live ? liveView(options) : plainView(options))

/** Whether to draw and to colour. `NO_COLOR` set to anything but the empty text: no colours (no-color.org). */
export const terminalStyle = (
  out: Readonly<{ isTTY?: boolean }>,
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<{ live: boolean; color: boolean }> => {
  const live = out.isTTY === true && environment.TERM !== 'dumb'
  return { live, color: live && (environment.NO_COLOR ?? '') === '' }
}

const FRAME_MS = 100
const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
const CLEAR_LINE_END = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'

const liveView = ({ subject, out, color, now }: ViewOptions): DemoView => {
  const paint = createPaint(color)
  let state = startOf(subject)
  let drawn = 0
  let drawnMs = Number.NEGATIVE_INFINITY

  const draw = (): void => {
    const lines = frame(state, { width: out.columns ?? 80, height: (out.rows ?? 24) - 1, paint })
    const up = drawn === 0 ? HIDE_CURSOR : `\u001b[${drawn}A\r`
    out.write(`${up}${lines.map(line => `${line}${CLEAR_LINE_END}\n`).join('')}${CLEAR_BELOW}`)
    drawn = lines.length
    drawnMs = now()
  }

  return {
    onWindow: result => {
      state = withWindow(state, result)
    },
    onAlert: alert => {
      state = withAlert(state, alert)
    },
    onTick: (simulatedMs, ledger) => {
      state = withTick(state, simulatedMs, ledger)
      if (now() - drawnMs >= FRAME_MS) draw()
    },
    close: scoreboard => {
      draw()
      if (scoreboard !== null) out.write(`\n${lines(report(scoreboard, state, out.columns ?? 80, paint))}`)
      out.write(SHOW_CURSOR)
    },
  }
}

const plainView = ({ subject, out, color }: ViewOptions): DemoView => {
  const paint = createPaint(color)
  let state = startOf(subject)
  let hours = 0
  let announced = 0
  out.write(`tidemark demo, seed ${subject.seed}, ${clock(subject.endMs - subject.startMs)} hours\n`)

  return {
    onWindow: result => {
      state = withWindow(state, result)
    },
    onAlert: alert => {
      const next = withAlert(state, alert)
      if (next !== state) out.write(`${alertText(alert, next, paint)}\n`)
      state = next
    },
    onTick: (simulatedMs, ledger) => {
      state = withTick(state, simulatedMs, ledger)
      for (const incident of state.incidents.slice(announced)) {
        if (incident.startMs > simulatedMs) break
        out.write(`${incidentStart(incident, state, paint)}\n`)
        announced++
      }
      const passed = Math.floor((simulatedMs - state.startMs) / HOUR_MS)
      if (passed > hours) out.write(`${hourLine(state, state.startMs + passed * HOUR_MS, paint)}\n`)
      hours = Math.max(hours, passed)
    },
    close: scoreboard => {
      if (scoreboard !== null) out.write(`\n${lines(report(scoreboard, state, Number.POSITIVE_INFINITY, paint))}`)
    },
  }
}

const incidentStart = ({ title, startMs }: ViewState['incidents'][number], state: ViewState, paint: Paint): string =>
  `${clock(startMs - state.startMs)} ${paint.yellow('injected ')} ${title}`

const lines = (all: readonly string[]): string => all.map(line => `${line}\n`).join('')
