import { describe, expect, it } from 'vitest'
import { type Incident, incidentsOfDay, RULES } from '../../src/demo/incidents.ts'
import { exitCodeOf, scoreboard } from '../../src/demo/scoreboard.ts'
import type { Alert } from '../../src/windows/alert.ts'
import { alertAt, MINUTE } from './alerts.ts'

const [unit, latency]: readonly Incident[] = incidentsOfDay(0)
const incidents = [unit, latency]
const tenMinutes = () => 10 * MINUTE
const board = (...alerts: readonly Alert[]) => scoreboard(incidents, alerts, tenMinutes)

/** Hour windows; `end` in minutes after the incident began. */
const drift = (end: number, given: Partial<Alert> = {}): Alert =>
  alertAt(unit.startMs + end * MINUTE, {
    rule: RULES.shelfLifeDriftByGateway,
    segment: { gateway: 'gw-boston' },
    subject: 'storage_temp_c',
    ...given,
  })

describe('the scoreboard', () => {
  it('says that an incident was caught, and after how many windows', () => {
    // windows of an hour, every ten minutes; the incident begins at |
    //   [------------|--]  10 min: the first
    //     [----------|----]  20 min: the second, fires
    const { rows, falseAlarms } = board(drift(20), drift(30, { state: 'resolved' }))
    expect(rows[0].caught).toMatchObject({ afterWindows: 2, afterMs: 20 * MINUTE })
    expect(rows[1].caught).toBeNull()
    expect(falseAlarms).toEqual([])
  })

  it('takes the first alert that counts, in whatever order they came', () => {
    const { rows } = board(drift(40, { incidentId: 'b' }), drift(20, { incidentId: 'a' }))
    expect(rows[0].caught?.by.incidentId).toBe('a')
  })

  it('does not count what an incident explains as catching it, nor as false', () => {
    const { rows, falseAlarms } = board(drift(20, { subject: 'prediction' }))
    expect(rows[0].caught).toBeNull()
    expect(falseAlarms).toEqual([])
  })

  it.each([
    ['another gateway', { segment: { gateway: 'gw-oslo' } }],
    ['all traffic, by a rule on gateways', { segment: {} }],
    ['another feature', { subject: 'humidity_pct' }],
    ['another model', { model: 'basket-recommender' }],
    ['another rule', { rule: RULES.shelfLifeLatency }],
    ['more than the series', { segment: { gateway: 'gw-boston', context: 'store' } }],
  ] as const)('calls an alert on %s a false alarm', (_what, given) => {
    const { rows, falseAlarms } = board(drift(20, given))
    expect(rows[0].caught).toBeNull()
    expect(falseAlarms).toHaveLength(1)
  })

  it('knows windows that share time with the incident from those that do not', () => {
    const lengthMin = (unit.endMs - unit.startMs) / MINUTE
    expect(board(drift(-10)).falseAlarms).toHaveLength(1)
    expect(board(drift(lengthMin + 50)).falseAlarms).toEqual([])
    expect(board(drift(lengthMin + 70)).falseAlarms).toHaveLength(1)
  })

  it('counts a firing once, however often it was delivered', () => {
    const alarm = drift(20, { subject: 'ph' })
    expect(board(alarm, alarm, { ...alarm, state: 'resolved' }).falseAlarms).toEqual([alarm])
  })

  it('catches nothing with an alert that was retracted, and does not forgive one that was false', () => {
    const { rows } = board(drift(20), drift(20, { state: 'retracted' }))
    expect(rows[0].caught).toBeNull()
    expect(board(drift(20, { subject: 'ph' }), drift(20, { subject: 'ph', state: 'retracted' })).falseAlarms).toHaveLength(1)
  })

  it('ignores what is only pending', () => {
    expect(board(drift(20, { state: 'pending' }))).toMatchObject({ rows: [{ caught: null }, { caught: null }], falseAlarms: [] })
  })

  it('makes the exit code: 1 if an incident was missed', () => {
    expect(exitCodeOf(board(drift(20)))).toBe(1)
    expect(exitCodeOf(scoreboard([unit], [drift(20)], tenMinutes))).toBe(0)
    expect(exitCodeOf(scoreboard([], [], tenMinutes))).toBe(0)
  })
})
