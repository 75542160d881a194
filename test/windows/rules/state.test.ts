import { describe, expect, it } from 'vitest'
import type { Evidence, Patience } from '../../../src/windows/rules/phase.ts'
import { isExpired, isForgettable, NEW_RULE_STATE, observe, type RuleState } from '../../../src/windows/rules/state.ts'

const PATIENCE: Patience = { forWindows: 1, keepFiringForWindows: 1, noData: 'keep' }
const bad: Evidence = { kind: 'measured', breach: true, boundBack: false, valueBack: false, n: 10 }
const good: Evidence = { kind: 'measured', breach: false, boundBack: true, valueBack: true, n: 10 }

/** Judges windows in turn; lateness 25, so that a window may be revised 25 after its end. */
const judge = (
  windows: readonly (readonly [endMs: number, revision: 0 | 1, evidence: Evidence])[],
): { said: string[]; state: RuleState } => {
  let state = NEW_RULE_STATE
  const said: string[] = []
  for (const [endMs, revision, evidence] of windows) {
    const dueMs = revision === 0 ? endMs : endMs + 25
    const next = observe(state, { endMs, revision, evidence, patience: PATIENCE }, dueMs - 25)
    state = next.state
    for (const a of next.announcements) said.push(`${a.state}@${a.transition.endMs} of ${a.transition.firedMs}`)
  }
  return { said, state }
}

describe('what a rule remembers', () => {
  it('says that it fires, and that it is over', () => {
    expect(
      judge([
        [10, 0, bad],
        [20, 0, bad],
        [30, 0, good],
      ]).said,
    ).toEqual(['firing@10 of 10', 'resolved@30 of 10'])
  })

  it('retracts what was firing when late events show that the rule was not broken', () => {
    expect(
      judge([
        [10, 0, bad],
        [20, 0, good],
        [10, 1, good],
      ]).said,
    ).toEqual(['firing@10 of 10', 'resolved@20 of 10', 'retracted@10 of 10'])
  })

  it('fires late when only the late events show that the rule was broken', () => {
    expect(
      judge([
        [10, 0, good],
        [20, 0, bad],
        [10, 1, bad],
      ]).said,
    ).toEqual(['firing@20 of 20', 'retracted@20 of 20', 'firing@10 of 10'])
  })

  it('fires again when a revision takes back the end', () => {
    expect(
      judge([
        [10, 0, bad],
        [20, 0, good],
        [20, 1, bad],
      ]).said,
    ).toEqual(['firing@10 of 10', 'resolved@20 of 10', 'firing@20 of 10'])
  })

  it('amends what stays as it was said, with the numbers of the revision', () => {
    expect(
      judge([
        [10, 0, bad],
        [20, 0, bad],
        [10, 1, { ...bad, n: 11 }],
        [20, 1, { ...bad, n: 12 }],
        [30, 0, good],
        [30, 1, good],
      ]).said,
      'only windows at which something was said are amended',
    ).toEqual(['firing@10 of 10', 'firing@10 of 10', 'resolved@30 of 10', 'resolved@30 of 10'])
  })

  it('judges again, after a revision, with the patience that the window was judged with', () => {
    const impatient: Patience = { ...PATIENCE, forWindows: 1 }
    const patient: Patience = { ...PATIENCE, forWindows: 3 }
    const first = observe(NEW_RULE_STATE, { endMs: 10, revision: 0, evidence: bad, patience: patient }, 0)
    const second = observe(first.state, { endMs: 20, revision: 0, evidence: good, patience: impatient }, 0)
    const revised = observe(second.state, { endMs: 10, revision: 1, evidence: { ...bad, n: 11 }, patience: patient }, 0)
    expect([first, second, revised].flatMap(({ announcements }) => announcements)).toEqual([])
  })

  it('resolves what is abandoned, once, however patient its rule was', () => {
    const slow: Patience = { ...PATIENCE, keepFiringForWindows: 5 }
    const fired = observe(NEW_RULE_STATE, { endMs: 10, revision: 0, evidence: bad, patience: slow }, 0)
    const abandoned = { endMs: 20, revision: 0, evidence: { kind: 'abandoned' }, patience: slow } as const
    const closed = observe(fired.state, abandoned, 0)
    expect(closed.announcements.map(({ state, transition }) => `${state}@${transition.endMs}`)).toEqual(['resolved@20'])
    expect(observe(closed.state, abandoned, 0).announcements).toEqual([])
    const late = observe(closed.state, { endMs: 10, revision: 1, evidence: good, patience: slow }, 0)
    expect(
      late.announcements.map(({ state }) => state),
      'nothing is left of it',
    ).toEqual(['retracted'])
  })

  it('steps once for a window, however often it is judged', () => {
    const { said, state } = judge([
      [10, 0, bad],
      [10, 0, bad],
      [10, 0, good],
    ])
    expect(said).toEqual(['firing@10 of 10'])
    expect(state.sequence).toBe(1)
  })

  it('keeps only windows that may still be revised, and forgets a rule that never alerted', () => {
    const { state } = judge([
      [10, 0, good],
      [20, 0, good],
      [60, 0, good],
    ])
    expect(state.windows.map(w => w.endMs)).toEqual([60])
    expect(isForgettable(state)).toBe(true)
    expect(
      isForgettable(
        judge([
          [10, 0, bad],
          [20, 0, good],
          [90, 0, good],
        ]).state,
      ),
      'its sequence must go on rising',
    ).toBe(false)
  })
})

describe('what was over long ago', () => {
  const judged = (windows: Parameters<typeof judge>[0]): RuleState => judge(windows).state

  it('is forgotten a retention after the last that was said of it', () => {
    const over = judged([
      [10, 0, bad],
      [20, 0, good],
    ])
    expect([isExpired(over, 20), isExpired(over, 21)]).toEqual([false, true])
  })

  it('is kept while it fires, and while something has begun again', () => {
    expect(isExpired(judged([[10, 0, bad]]), 1000)).toBe(false)
    const patient: Patience = { ...PATIENCE, forWindows: 3 }
    const over = judged([
      [10, 0, bad],
      [20, 0, good],
    ])
    const begun = observe(over, { endMs: 30, revision: 0, evidence: bad, patience: patient }, 5).state
    expect(isExpired(begun, 1000)).toBe(false)
  })
})
