import { NO_TIME_MS } from '../time.ts'
import { type Evidence, INACTIVE, type Patience, type Phase, step, type Transition } from './phase.ts'

/**
 * What a rule remembers of one fingerprint. Windows whose revision 1 may still come keep their evidence, so that a revision
 * replaces what revision 0 said and everything after it is folded anew; older windows are absorbed into `base`.
 */
export type RuleState = Readonly<{
  base: Phase
  /** By rising window end. */
  windows: readonly JudgedEnd[]
  /** What was said about these windows. */
  emitted: readonly Transition[]
  /** End of the last window about which something was said. */
  toldMs: number
  /** Alerts emitted so far. */
  sequence: number
}>

/** What one window said, and how patient the rule was that judged it: a later policy does not judge it anew. */
export type JudgedEnd = Readonly<{ endMs: number; revision: 0 | 1; evidence: Evidence; patience: Patience }>

/** A change that people must hear of. `retracted`: what was said to be firing, with all events known, was not. */
export type Announcement = Readonly<{ state: 'firing' | 'resolved' | 'retracted'; transition: Transition }>

export const NEW_RULE_STATE: RuleState = { base: INACTIVE, windows: [], emitted: [], toldMs: NO_TIME_MS, sequence: 0 }

/** `keptFromMs`: windows that end before this get no revision any more. */
export const observe = (
  state: RuleState,
  window: JudgedEnd,
  keptFromMs: number,
): Readonly<{ state: RuleState; announcements: readonly Announcement[] }> => {
  const seen = state.windows.find(w => w.endMs === window.endMs)
  if (seen && seen.revision >= window.revision) return { state, announcements: [] }
  const windows = [...state.windows.filter(w => w !== seen), window].sort((a, b) => a.endMs - b.endMs)

  const transitions: Transition[] = []
  let phase = state.base
  let base = state.base
  for (const { endMs, evidence, patience } of windows) {
    const next = step(phase, evidence, endMs, patience)
    phase = next.phase
    if (next.transition) transitions.push(next.transition)
    if (endMs < keptFromMs) base = phase
  }
  const announcements = [...differences(state.emitted, transitions), ...amendments(state.emitted, transitions, window)]
  return {
    announcements,
    state: {
      base,
      windows: windows.filter(w => w.endMs >= keptFromMs),
      emitted: transitions.filter(t => t.endMs >= keptFromMs),
      toldMs: announcements.length > 0 ? Math.max(state.toldMs, window.endMs) : state.toldMs,
      sequence: state.sequence + announcements.length,
    },
  }
}

const isSame = (a: Transition, b: Transition): boolean => a.kind === b.kind && a.endMs === b.endMs && a.firedMs === b.firedMs

/** A revision that leaves what was said of its window as it is, but not its numbers: said once more, with the new ones. */
const amendments = (
  before: readonly Transition[],
  now: readonly Transition[],
  { endMs, revision }: Readonly<{ endMs: number; revision: 0 | 1 }>,
): readonly Announcement[] =>
  revision === 0
    ? []
    : now
        .filter(transition => transition.endMs === endMs && before.some(b => isSame(b, transition)))
        .map(transition => ({ state: transition.kind, transition }))

const differences = (before: readonly Transition[], now: readonly Transition[]): readonly Announcement[] => {
  const gone = before.filter(b => !now.some(n => isSame(b, n)))
  const come = now.filter(n => !before.some(b => isSame(b, n)))
  return [
    ...gone.flatMap((transition): Announcement[] => {
      if (transition.kind === 'firing') return [{ state: 'retracted', transition }]
      // "resolved" was wrong: unless its incident is retracted or ends at another window, it is firing again
      const stillTold = now.some(n => n.firedMs === transition.firedMs && n.kind === 'resolved')
      const retracted = gone.some(g => g.kind === 'firing' && g.firedMs === transition.firedMs)
      return stillTold || retracted ? [] : [{ state: 'firing', transition }]
    }),
    ...come.map((transition): Announcement => ({ state: transition.kind, transition })),
  ]
}

/** What was said of it was over before `beforeMs`, and nothing has begun since: it is as if it had never been. */
export const isExpired = (state: RuleState, beforeMs: number): boolean => {
  if (state.toldMs >= beforeMs) return false
  let phase = state.base
  for (const { endMs, evidence, patience } of state.windows) phase = step(phase, evidence, endMs, patience).phase
  return phase.kind === 'inactive'
}

/** Nothing that a later window could need: such a state is forgotten. One that has alerted is kept: its sequence must rise. */
export const isForgettable = (state: RuleState): boolean =>
  state.sequence === 0 &&
  state.base.kind === 'inactive' &&
  state.emitted.length === 0 &&
  state.windows.every(w => w.evidence.kind !== 'measured' || !w.evidence.breach)
