import { describe, expect, it } from 'vitest'
import { DEMO_RULES } from '../../src/demo/config.ts'
import { incidentsOfDay } from '../../src/demo/incidents.ts'
import { DAY_MS, HOUR_MS } from '../../src/demo/rhythm.ts'
import { scoreboard } from '../../src/demo/scoreboard.ts'
import { createView, terminalStyle } from '../../src/demo/view.ts'
import { alertAt, MINUTE } from './alerts.ts'

const ledger = { read: 10, inWindows: 10, late: 0, tooLate: 0, deadLettered: 0, skipped: 0 }
const incidents = incidentsOfDay(0).slice(0, 1)
const board = scoreboard(incidents, [], () => 10 * MINUTE)

const open = (live: boolean) => {
  const written: string[] = []
  let nowMs = 0
  const view = createView({
    subject: { seed: 7, startMs: 0, endMs: DAY_MS, incidents, models: ['shelf-life'], rules: DEMO_RULES },
    out: { write: text => written.push(text), columns: 80, rows: 24 },
    live,
    color: false,
    now: () => nowMs,
  })
  return { view, written, pass: (ms: number) => (nowMs += ms) }
}

describe('in a pipe', () => {
  it('is one line per alert, per incident and per simulated hour, then the scoreboard', () => {
    const { view, written } = open(false)
    view.onTick(30 * MINUTE, ledger)
    view.onTick(HOUR_MS, ledger)
    view.onTick(HOUR_MS + MINUTE, ledger)
    const alert = alertAt(2 * HOUR_MS, { segment: { operation: 'batch' }, metric: 'error_ratio', value: 0.05, threshold: 0.03 })
    view.onAlert(alert)
    view.onAlert(alert)
    view.onTick(4 * HOUR_MS, ledger)
    view.close(board)
    expect(written.join('')).toBe(
      [
        'tidemark demo, seed 7, 24:00 hours',
        '01:00 shelf-life 0 events/h; 10 events read',
        '02:00 firing    shelf-life  operation=batch  error_ratio .050 (limit .030)  false alarm',
        '04:00 injected  gw-boston sends storage_temp_c in °F',
        '04:00 shelf-life 0 events/h; 10 events read',
        '',
        '✗ gw-boston sends storage_temp_c in °F  not caught',
        '0 of 1 incidents caught, no false alarm',
        '10 events = 10 in windows + 0 too late + 0 dead letters + 0 skipped',
        'The same stream again: --seed 7',
        '',
      ].join('\n'),
    )
  })
})

describe('on a terminal', () => {
  it('draws over the last picture, at most ten times a second', () => {
    const { view, written, pass } = open(true)
    view.onTick(0, ledger)
    view.onTick(MINUTE, ledger)
    expect(written).toHaveLength(1)
    const lines = written[0].split('\n').length - 1
    pass(100)
    view.onTick(2 * MINUTE, ledger)
    expect(written).toHaveLength(2)
    expect(written[0].startsWith('\u001b[?25l')).toBe(true)
    expect(written[1].startsWith(`\u001b[${lines}A\r`)).toBe(true)
  })

  it('leaves the cursor as it was, also when broken off', () => {
    for (const result of [board, null]) {
      const { view, written } = open(true)
      view.onTick(0, ledger)
      view.close(result)
      expect(written.at(-1)).toBe('\u001b[?25h')
      expect(written.join('').includes('incidents caught')).toBe(result !== null)
    }
  })
})

describe('the style', () => {
  it.each([
    ['a terminal', { isTTY: true }, { TERM: 'xterm' }, { live: true, color: true }],
    ['a pipe', {}, { TERM: 'xterm' }, { live: false, color: false }],
    ['a dumb terminal', { isTTY: true }, { TERM: 'dumb' }, { live: false, color: false }],
    ['NO_COLOR', { isTTY: true }, { NO_COLOR: '1' }, { live: true, color: false }],
    ['an empty NO_COLOR', { isTTY: true }, { NO_COLOR: '' }, { live: true, color: true }],
  ] as const)('for %s', (_what, out, environment, style) => {
    expect(terminalStyle(out, environment)).toEqual(style)
  })
})
