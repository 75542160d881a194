import type { RuleConfig } from '../../config/config.ts'
import type { AlertState, FiringAlert } from '../alert.ts'
import { ALL_VERSIONS, type Series } from '../series.ts'
import type { WindowResult } from '../window-result.ts'
import type { Verdict } from './verdict.ts'

/** One sentence for people: what, where, from what to what, since when. */
export const sentence = (
  state: AlertState,
  rule: RuleConfig,
  verdict: Verdict,
  result: WindowResult,
  sinceMs: number,
): string => {
  const when = `in window ${result.window} ending ${iso(result.end)}, since ${iso(sinceMs)}`
  return `${whereOf(result)}: ${whatOf(verdict)} ${claim(state, rule, verdict)} (${basis(verdict)}) ${when}.`
}

/** Why no window will speak of something any more. */
export type AbandonReason = keyof typeof CLOSING

const CLOSING = {
  'rule-gone': 'its rule was removed or changed',
  'series-retired': 'the series fell silent and was retired',
  'window-gone': 'the configuration has this window no more',
} as const

/** An alert ends without evidence. */
export const closingSentence = (
  firing: FiringAlert,
  { endMs, reason }: Readonly<{ endMs: number; reason: AbandonReason }>,
  sinceMs: number,
): string => {
  const when = `window ${firing.window} ending ${iso(endMs)}, since ${iso(sinceMs)}`
  return `${whereOf(firing)}: ${whatOf(firing)} is watched no longer, ${CLOSING[reason]}; ${when}.`
}

const whereOf = ({ model, version, segment }: Series): string =>
  [
    model,
    ...(version === ALL_VERSIONS ? [] : [`version ${version}`]),
    ...Object.entries(segment).map(([d, v]) => `${d} ${v}`),
  ].join(', ')

const whatOf = ({ metric, subject }: Pick<Verdict, 'metric' | 'subject'>): string =>
  subject === '' ? metric : `${metric} of ${subject}`

const claim = (state: AlertState, rule: RuleConfig, verdict: Verdict): string => {
  // a drift score is judged by its effect: what is left when the mean of pure chance is taken off
  const effect = rule.condition.kind === 'drift' ? ' beyond chance' : ''
  const value = verdict.value === null ? 'has no data' : `is ${number(verdict.value)}${effect}`
  const expected = expectation(rule, verdict)
  switch (state) {
    case 'firing':
    case 'pending':
      return `${value}, ${expected}`
    case 'resolved':
      return `is back: ${value.replace('is ', '')}, ${expected}`
    case 'retracted':
      return `did not break its rule after all, with late events counted: ${value.replace('is ', '')}, ${expected}`
  }
}

const expectation = (rule: RuleConfig, verdict: Verdict): string => {
  switch (rule.condition.kind) {
    case 'above':
    case 'drift':
      return `expected at most ${number(verdict.threshold)}`
    case 'below':
      return `expected at least ${number(verdict.threshold)}`
    case 'outside':
      return `expected ${number(rule.condition.low)} to ${number(rule.condition.high)}`
  }
}

const basis = ({ measure, pValue }: Verdict): string => {
  const parts = [`n = ${measure.n}`]
  if (measure.low !== null && measure.high !== null)
    parts.push(`${number(measure.low)} to ${number(measure.high)} with 95 % confidence`)
  if (pValue !== null) parts.push(`p = ${pValue.toExponential(1)}`)
  return parts.join(', ')
}

/** Four significant digits, without trailing zeros. */
const number = (value: number): string => String(Number(value.toPrecision(4)))

const iso = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z')
