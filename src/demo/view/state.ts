import type { RuleConfig } from '../../config/config.ts'
import type { Alert } from '../../windows/alert.ts'
import { ALL_VERSIONS } from '../../windows/series.ts'
import type { Ledger } from '../../windows/store/port.ts'
import type { WindowResult } from '../../windows/window-result.ts'
import type { Incident } from '../incidents.ts'
import { type Gauge, gaugesOf, observe } from './gauges.ts'

/** Everything that a frame shows. */
export type ViewState = Readonly<{
  seed: number
  startMs: number
  endMs: number
  incidents: readonly Incident[]
  /** Simulated time. */
  nowMs: number
  models: readonly string[]
  gauges: readonly Gauge[]
  /** Model to the events of its last window of all traffic. */
  samples: Readonly<Record<string, number>>
  windows: number
  alerts: readonly Alert[]
  ledger: Ledger
}>

export type ViewSubject = Readonly<{
  seed: number
  startMs: number
  endMs: number
  incidents: readonly Incident[]
  models: readonly string[]
  rules: readonly RuleConfig[]
}>

const NOTHING_READ: Ledger = { read: 0, inWindows: 0, late: 0, tooLate: 0, deadLettered: 0, skipped: 0 }

export const startOf = ({ seed, startMs, endMs, incidents, models, rules }: ViewSubject): ViewState => ({
  seed,
  startMs,
  endMs,
  incidents,
  nowMs: startMs,
  models,
  gauges: gaugesOf(rules, models),
  samples: {},
  windows: 0,
  alerts: [],
  ledger: NOTHING_READ,
})

export const withWindow = (state: ViewState, result: WindowResult): ViewState => ({
  ...state,
  windows: state.windows + 1,
  gauges: state.gauges.map(gauge => observe(gauge, result)),
  samples: isFullHourOfAllTraffic(state, result) ? { ...state.samples, [result.model]: result.samples } : state.samples,
})

export const withAlert = (state: ViewState, alert: Alert): ViewState =>
  state.alerts.some(each => each.id === alert.id) ? state : { ...state, alerts: [...state.alerts, alert] }

export const withTick = (state: ViewState, nowMs: number, ledger: Ledger): ViewState => ({ ...state, nowMs, ledger })

const isFullHourOfAllTraffic = ({ gauges, startMs }: ViewState, result: WindowResult): boolean =>
  result.start >= startMs &&
  Object.keys(result.segment).length === 0 &&
  result.version === ALL_VERSIONS &&
  gauges.some(({ rule }) => rule.window === result.window)
