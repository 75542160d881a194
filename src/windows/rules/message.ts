import type { RuleConfig } from '../../config/config.ts'
import type { AlertState } from '../alert.ts'
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
  const where = [
    result.model,
    result.version === '*' ? '' : `version ${result.version}`,
    ...Object.entries(result.segment).map(([d, v]) => `${d} ${v}`),
  ]
    .filter(part => part !== '')
    .join(', ')
  const what = verdict.subject === '' ? verdict.metric : `${verdict.metric} of ${verdict.subject}`
  return `${where}: ${what} ${claim(state, rule, verdict)} (${basis(verdict)}) in window ${result.window} ending ${iso(result.end)}, since ${iso(sinceMs)}.`
}

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
