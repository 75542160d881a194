import { describe, expect, it } from 'vitest'
import { type Evidence, INACTIVE, type Phase, step, type Transition } from '../../../src/windows/rules/phase.ts'

const RULE = { forWindows: 2, keepFiringForWindows: 2, noData: 'keep' } as const

const measured = (over: Partial<Extract<Evidence, { kind: 'measured' }>>): Evidence => ({
  kind: 'measured',
  breach: false,
  boundBack: false,
  valueBack: false,
  n: 100,
  ...over,
})
/** One letter a window: B breaks the rule, . neither breaks it nor is good, v value back, V value back with few events, o bound back, - no data. */
const EVIDENCE: Record<string, Evidence> = {
  B: measured({ breach: true }),
  '.': measured({}),
  v: measured({ valueBack: true }),
  V: measured({ valueBack: true, n: 49 }),
  o: measured({ boundBack: true, n: 3 }),
  '-': { kind: 'no-data' },
}

const run = (windows: string, rule: Parameters<typeof step>[3] = RULE): string => {
  let phase: Phase = INACTIVE
  const said: Transition[] = []
  const drawn = [...windows].map((letter, i) => {
    const next = step(phase, EVIDENCE[letter], (i + 1) * 10, rule)
    phase = next.phase
    if (next.transition) said.push(next.transition)
    return { inactive: '_', pending: 'p', firing: 'F' }[phase.kind]
  })
  for (const { kind, firedMs } of said)
    if (kind === 'resolved') expect(said.some(t => t.kind === 'firing' && t.firedMs === firedMs)).toBe(true)
  return drawn.join('')
}

describe('the life of a rule', () => {
  it.each([
    ['fires after as many windows in a row as asked', 'BBB', 'pFF'],
    ['starts over when a window does not break it', 'B.BB', 'p_pF'],
    ['keeps its state where there is no data', 'B-B-', 'ppFF'],
    ['resolves after as many good windows in a row as asked', 'BBvv', 'pFF_'],
    ['does not resolve on windows that are neither good nor bad', 'BB.v.v', 'pFFFFF'],
    ['resolves when the other bound is back, however few events', 'BBoo', 'pFF_'],
    ['does not resolve because traffic fell', 'BBVVVV', 'pFFFFF'],
    ['does not fire again while it is firing', 'BBBBvB', 'pFFFFF'],
  ])('%s', (_, windows, expected) => {
    expect(run(windows)).toBe(expected)
  })

  it('takes no data for good, or for bad, where the rule says so', () => {
    expect(run('BB--', { ...RULE, noData: 'resolve' })).toBe('pFF_')
    expect(run('--', { ...RULE, noData: 'fire' })).toBe('pF')
  })

  it('names the incident by its first firing window, and says since when', () => {
    const pending = step(INACTIVE, EVIDENCE.B, 10, RULE).phase
    const fired = step(pending, EVIDENCE.B, 20, RULE)
    expect(fired.transition).toEqual({ kind: 'firing', endMs: 20, firedMs: 20, sinceMs: 10 })
    const good = step(fired.phase, EVIDENCE.o, 30, RULE).phase
    expect(step(good, EVIDENCE.o, 40, RULE).transition).toEqual({ kind: 'resolved', endMs: 40, firedMs: 20, sinceMs: 10 })
  })
})
