import { describe, expect, it } from 'vitest'
import { DEMO_RULES, everyMsOf } from '../../../src/demo/config.ts'
import { incidentsOfDay, RULES } from '../../../src/demo/incidents.ts'
import { DAY_MS, HOUR_MS } from '../../../src/demo/rhythm.ts'
import { scoreboard } from '../../../src/demo/scoreboard.ts'
import { frame } from '../../../src/demo/view/frame.ts'
import { hourLine, report } from '../../../src/demo/view/report.ts'
import { startOf, type ViewState, withAlert, withTick, withWindow } from '../../../src/demo/view/state.ts'
import { createPaint, widthOf } from '../../../src/demo/view/text.ts'
import { alertAt, MINUTE } from '../alerts.ts'
import { errorRatio, resultAt } from './results.ts'

const paint = createPaint(false)
const incidents = incidentsOfDay(0).slice(0, 2)
const begun = startOf({ seed: 42, startMs: 0, endMs: DAY_MS, incidents, models: ['shelf-life'], rules: DEMO_RULES })
const ledger = { read: 12_345, inWindows: 12_000, late: 0, tooLate: 300, deadLettered: 40, skipped: 5 }

const fahrenheit = alertAt(4.5 * HOUR_MS, {
  rule: RULES.shelfLifeDriftByGateway,
  segment: { gateway: 'gw-boston' },
  subject: 'storage_temp_c',
  value: 0.478,
})
const alarm = alertAt(5 * HOUR_MS, { segment: { operation: 'batch' }, metric: 'error_ratio', value: 0.041, threshold: 0.03 })

const atFive: ViewState = [
  (state: ViewState) => withWindow(state, resultAt(4 * HOUR_MS, { samples: 2246 })),
  (state: ViewState) =>
    withWindow(state, resultAt(4 * HOUR_MS, { segment: { operation: 'batch' }, measures: [errorRatio(0.011)] })),
  (state: ViewState) =>
    withWindow(state, resultAt(5 * HOUR_MS, { segment: { operation: 'batch' }, measures: [errorRatio(0.041)] })),
  (state: ViewState) => withAlert(state, fahrenheit),
  (state: ViewState) => withAlert(state, alarm),
  (state: ViewState) => withTick(state, 6 * HOUR_MS, ledger),
].reduce((state, next) => next(state), begun)

describe('a frame', () => {
  it('shows the clock, each gauge with its worst series, the incidents, the alerts and the ledger', () => {
    expect(frame(atFive, { width: 100, height: 30, paint }).map(line => line.trimEnd())).toEqual([
      'tidemark demo  seed 42  06:00 of 24:00  ━━━━━━━━┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈ 25 %  3 windows',
      '',
      'shelf-life  2,246 events in the last hour',
      `  drift     ${' '.repeat(38)}  waiting for the first hour`,
      `  p95 ms    ${' '.repeat(38)}  waiting for the first hour`,
      `  coverage  ${' '.repeat(38)}  waiting for the first hour`,
      `  errors    ▂█${' '.repeat(36)}   .041  highest operation=batch            > .030`,
      '',
      '  ✓ 04:00–06:30  caught after 3 windows  gw-boston sends storage_temp_c in °F',
      '  · 09:00–11:30  to come',
      '',
      'alerts',
      '  05:00 firing    shelf-life  operation=batch  error_ratio .041 (limit .030)  false alarm',
      '  04:30 firing    shelf-life  gateway=gw-boston  ks storage_temp_c .478 (limit .200)',
      '12,345 events = 12,000 in windows + 300 too late + 40 dead letters + 5 skipped',
    ])
  })

  it('says of an incident whether it is to come, under way, caught or not', () => {
    const line = (nowMs: number, alerts: ViewState['alerts']) => {
      const state = { ...begun, alerts, nowMs }
      return frame(state, { width: 80, height: 30, paint })
        .find(each => each.includes('04:00–06:30'))
        ?.slice(0, 40)
        .trimEnd()
    }
    expect(line(3 * HOUR_MS, [])).toBe('  · 04:00–06:30  to come')
    expect(line(5 * HOUR_MS, [])).toBe('  ▶ 04:00–06:30  under way')
    expect(line(5 * HOUR_MS, [fahrenheit])).toBe('  ✓ 04:00–06:30  caught after 3 windows')
    expect(line(8 * HOUR_MS, [])).toBe('  ✗ 04:00–06:30  not caught')
  })

  it.each([
    [200, 60],
    [80, 23],
    [60, 17],
    [30, 10],
    [10, 3],
  ])('fits into %d columns and %d lines', (width, height) => {
    const lines = frame(atFive, { width, height, paint: createPaint(true) })
    expect(lines.length).toBeLessThanOrEqual(height)
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width)
  })

  it('colours what is beyond its threshold red', () => {
    const errors = frame(atFive, { width: 100, height: 30, paint: createPaint(true) }).find(line => line.includes('errors'))
    expect(errors).toContain('\u001b[32m▂\u001b[39m\u001b[31m█\u001b[39m')
    expect(errors).toContain('\u001b[31m   .041\u001b[39m')
  })

  it('takes an alert that is delivered twice once', () => {
    expect(withAlert(atFive, alarm)).toBe(atFive)
  })
})

describe('plain lines', () => {
  it('tell an hour in one', () => {
    expect(hourLine(atFive, 5 * HOUR_MS, paint)).toBe('05:00 shelf-life 2,246 events/h, errors .041; 12,345 events read')
  })
})

describe('the report', () => {
  const board = scoreboard(incidents, atFive.alerts, everyMsOf)
  const tail = [
    '1 of 2 incidents caught, 1 false alarm',
    '  05:00 firing    shelf-life  operation=batch  error_ratio .041 (limit .030)  false alarm',
    '12,345 events = 12,000 in windows + 300 too late + 40 dead letters + 5 skipped',
    'The same stream again: --seed 42',
  ]

  it('says of each incident what caught it and after how many windows', () => {
    expect(report(board, atFive, 140, paint)).toEqual([
      '✓ gw-boston sends storage_temp_c in °F              after 3 windows, 30 min  shelf-life-drift-by-gateway gateway=gw-boston storage_temp_c',
      '✗ a tenth of the traffic, checkout, is 60 % slower  not caught',
      ...tail,
    ])
  })

  it('leaves out what caught it where there is no room', () => {
    expect(report(board, atFive, 80, paint)).toEqual([
      '✓ gw-boston sends storage_temp_c in °F              after 3 windows, 30 min',
      '✗ a tenth of the traffic, checkout, is 60 % slower  not caught',
      ...tail,
    ])
  })

  it('without incidents counts false alarms only', () => {
    const quiet = { ...begun, incidents: [] }
    expect(report(scoreboard([], [], everyMsOf), quiet, 80, paint)[0]).toBe('no incidents, no false alarm')
  })

  it('counts one window as one', () => {
    const first = { ...fahrenheit, windowEnd: 4 * HOUR_MS + 10 * MINUTE }
    expect(report(scoreboard(incidents, [first], everyMsOf), begun, 80, paint)[0]).toContain('after 1 window, 10 min')
  })
})
