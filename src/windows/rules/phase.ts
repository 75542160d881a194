import type { RuleConfig } from '../../config/config.ts'

/** What one window says to one rule about one series and subject. */
export type Evidence =
  | Readonly<{ kind: 'no-data' }>
  | Readonly<{
      kind: 'measured'
      /** The value, at the bound that must be convincing, breaks the rule. */
      breach: boolean
      /** The other bound is back on the good side. */
      boundBack: boolean
      /** The value itself is back on the good side. */
      valueBack: boolean
      n: number
    }>
  /** No window will speak of it any more: its rule is gone, or its series is retired. */
  | Readonly<{ kind: 'abandoned' }>

/** How patient a rule is. */
export type Patience = Pick<RuleConfig, 'forWindows' | 'keepFiringForWindows' | 'noData'>

/**
 * The life of one rule on one series and subject:
 *
 *   inactive --breach--> pending --breach x forWindows--> firing --good x keepFiringForWindows--> inactive (resolved)
 *                        pending --anything but breach or no data--> inactive     any --abandoned--> inactive (resolved, if it was firing)
 *
 * No data keeps the state, unless the rule says that it resolves or fires. While firing, a window is good when its other
 * bound is back, or when its value is back and rests on at least half the events of the window that fired: an alert never
 * resolves because traffic fell at night.
 */
export type Phase =
  | Readonly<{ kind: 'inactive' }>
  | Readonly<{ kind: 'pending'; sinceMs: number; breaches: number }>
  | Readonly<{ kind: 'firing'; sinceMs: number; firedMs: number; firedN: number; good: number }>

/** `firedMs` is the end of the first firing window: with the fingerprint it names the incident. */
export type Transition = Readonly<{ kind: 'firing' | 'resolved'; endMs: number; firedMs: number; sinceMs: number }>

export const INACTIVE: Phase = { kind: 'inactive' }

type Stepped = Readonly<{ phase: Phase; transition: Transition | null }>

export const step = (phase: Phase, evidence: Evidence, endMs: number, rule: Patience): Stepped => {
  if (evidence.kind === 'abandoned')
    return phase.kind === 'firing' ? resolved(phase, endMs) : { phase: INACTIVE, transition: null }
  const effective = evidence.kind === 'no-data' ? withoutData(rule.noData) : evidence
  if (effective === 'keep') return { phase, transition: null }
  if (effective.breach) return breached(phase, effective.n, endMs, rule.forWindows)
  if (phase.kind !== 'firing') return { phase: INACTIVE, transition: null }
  const good = effective.boundBack || (effective.valueBack && effective.n * 2 >= phase.firedN)
  if (!good) return { phase: { ...phase, good: 0 }, transition: null }
  if (phase.good + 1 < rule.keepFiringForWindows) return { phase: { ...phase, good: phase.good + 1 }, transition: null }
  return resolved(phase, endMs)
}

const resolved = ({ firedMs, sinceMs }: Extract<Phase, { kind: 'firing' }>, endMs: number): Stepped => ({
  phase: INACTIVE,
  transition: { kind: 'resolved', endMs, firedMs, sinceMs },
})

const withoutData = (policy: RuleConfig['noData']): Extract<Evidence, { kind: 'measured' }> | 'keep' => {
  switch (policy) {
    case 'keep':
      return 'keep'
    case 'resolve':
      return { kind: 'measured', breach: false, boundBack: true, valueBack: true, n: 0 }
    case 'fire':
      return { kind: 'measured', breach: true, boundBack: false, valueBack: false, n: 0 }
  }
}

const breached = (phase: Phase, n: number, endMs: number, forWindows: number): Stepped => {
  if (phase.kind === 'firing') return { phase: { ...phase, good: 0 }, transition: null }
  const sinceMs = phase.kind === 'pending' ? phase.sinceMs : endMs
  const breaches = (phase.kind === 'pending' ? phase.breaches : 0) + 1
  if (breaches < forWindows) return { phase: { kind: 'pending', sinceMs, breaches }, transition: null }
  return {
    phase: { kind: 'firing', sinceMs, firedMs: endMs, firedN: n, good: 0 },
    transition: { kind: 'firing', endMs, firedMs: endMs, sinceMs },
  }
}
