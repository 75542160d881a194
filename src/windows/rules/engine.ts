import type { RuleConfig } from '../../config/config.ts'
import type { Alert, Contributor, FiringAlert } from '../alert.ts'
import type { WindowResult } from '../window-result.ts'
import { type AbandonReason, closingSentence, sentence } from './message.ts'
import type { Patience } from './phase.ts'
import { applies, type Policy } from './policy.ts'
import { type Announcement, isExpired, isForgettable, NEW_RULE_STATE, observe, type RuleState } from './state.ts'
import { judge, type Verdict } from './verdict.ts'

/** A window result with what an alert about it must be able to say. */
export type JudgedWindow = Readonly<{
  result: WindowResult
  /** Partition to the offset before which its events lie. */
  offsets: Readonly<Record<string, number>>
  explain(metric: string, subject: string): readonly Contributor[]
}>

/** The states of a shard's rules, by fingerprint. */
export type RuleStates = Readonly<{
  get(fingerprint: string): RuleState | undefined
  set(fingerprint: string, state: RuleState | null): void
}>

/** What lies so far back that it counts no more. */
export type Horizon = Readonly<{
  /** Windows that end before get no revision any more. */
  keptFromMs: number
  /** Alerts that were over before are forgotten: their fingerprints begin anew. */
  forgottenBeforeMs: number
}>

/**
 * Judges one window by every rule that applies and returns the alerts that leave, in order. The states are a function of
 * the windows judged so far: judging a (window end, revision) again changes nothing.
 */
export const judgeWindow = (window: JudgedWindow, policy: Policy, states: RuleStates, horizon: Horizon): readonly Alert[] => {
  const { result } = window
  const alerts: Alert[] = []
  for (const rule of policy.rules) {
    if (!applies(rule, result)) continue
    for (const verdict of judge(rule, result.measures, result.samples)) {
      const fingerprint = fingerprintOf(rule, result, verdict)
      const known = states.get(fingerprint)
      const before = known === undefined || isExpired(known, horizon.forgottenBeforeMs) ? undefined : known
      const { state, announcements } = observe(
        before ?? NEW_RULE_STATE,
        { endMs: result.end, revision: result.revision, evidence: verdict.evidence, patience: patienceOf(rule) },
        horizon.keptFromMs,
      )
      if (!isForgettable(state)) states.set(fingerprint, state)
      else if (known) states.set(fingerprint, null)
      announcements.forEach((announcement, i) => {
        alerts.push(alertOf(window, rule, policy, verdict, announcement, fingerprint, (before?.sequence ?? 0) + i + 1))
      })
    }
  }
  return alerts
}

/** Says that an alert is over of which no window speaks any more: who waited for its end would wait for ever. */
export const abandon = (
  fingerprint: string,
  firing: FiringAlert,
  at: Readonly<{ startMs: number; endMs: number; reason: AbandonReason }>,
  policy: Policy,
  states: RuleStates,
  keptFromMs: number,
): readonly Alert[] => {
  const before = states.get(fingerprint)
  if (before === undefined) return []
  const evidence = { kind: 'abandoned' } as const
  const window = { endMs: at.endMs, revision: 0, evidence, patience: NO_PATIENCE } as const
  const { state, announcements } = observe(before, window, keptFromMs)
  states.set(fingerprint, state)
  return announcements.map((announcement, i) => ({
    ...identityOf(announcement, fingerprint, before.sequence + i + 1, window),
    ...firing,
    windowStart: at.startMs,
    windowEnd: at.endMs,
    revision: window.revision,
    since: announcement.transition.sinceMs,
    value: null,
    low: null,
    high: null,
    pValue: null,
    n: 0,
    contributors: [],
    policyVersion: policy.version,
    offsets: {},
    message: closingSentence(firing, at, announcement.transition.sinceMs),
    links: {},
  }))
}

const NO_PATIENCE: Patience = { forWindows: 1, keepFiringForWindows: 1, noData: 'keep' }

const patienceOf = ({ forWindows, keepFiringForWindows, noData }: RuleConfig): Patience => ({
  forWindows,
  keepFiringForWindows,
  noData,
})

/** What makes an alert the same wherever it is said: the incident is the fingerprint and its first firing window. */
const identityOf = (
  { state, transition }: Announcement,
  fingerprint: string,
  sequence: number,
  { endMs, revision }: Readonly<{ endMs: number; revision: number }>,
): Pick<Alert, 'id' | 'fingerprint' | 'incidentId' | 'sequence' | 'state'> => {
  const incidentId = `${fingerprint}@${new Date(transition.firedMs).toISOString()}`
  const id = `${incidentId}/${state}/${new Date(endMs).toISOString()}/${revision}`
  return { id, fingerprint, incidentId, sequence, state }
}

/** Rule, series and subject, readable: parts are URI-encoded and joined by slashes. */
export const fingerprintOf = (rule: RuleConfig, result: WindowResult, verdict: Pick<Verdict, 'metric' | 'subject'>): string =>
  [rule.name, result.model, result.version, segmentText(result.segment), result.window, verdict.metric, verdict.subject]
    .map(encodeURIComponent)
    .join('/')

export const segmentText = (segment: Readonly<Record<string, string>>): string =>
  Object.entries(segment)
    .map(([dimension, value]) => `${dimension}=${value}`)
    .join(',')

const alertOf = (
  { result, offsets, explain }: JudgedWindow,
  rule: RuleConfig,
  policy: Policy,
  verdict: Verdict,
  announcement: Announcement,
  fingerprint: string,
  sequence: number,
): Alert => {
  const { state, transition } = announcement
  return {
    ...identityOf(announcement, fingerprint, sequence, { endMs: result.end, revision: result.revision }),
    rule: rule.name,
    severity: rule.severity,
    model: result.model,
    version: result.version,
    segment: result.segment,
    metric: verdict.metric,
    subject: verdict.subject,
    window: result.window,
    windowStart: result.start,
    windowEnd: result.end,
    revision: result.revision,
    since: transition.sinceMs,
    value: verdict.value,
    low: verdict.measure.low,
    high: verdict.measure.high,
    pValue: verdict.pValue,
    threshold: verdict.threshold,
    n: verdict.measure.n,
    contributors: explain(verdict.metric, verdict.subject),
    referenceVersion: result.referenceVersion,
    policyVersion: policy.version,
    offsets,
    message: sentence(state, rule, verdict, result, transition.sinceMs),
    links: rule.runbook === null ? {} : { runbook: rule.runbook },
  }
}
