import { describe, expect, test } from 'vitest'
import { type BinLookup, binOf, createBinLookup } from '../../../src/windows/aggregates/bin-lookup.ts'
import type { DriftInput, DriftOutcome } from '../../../src/windows/drift/drift-test.ts'
import { ks } from '../../../src/windows/drift/ks.ts'
import { psi } from '../../../src/windows/drift/psi.ts'
import { binCounts, quantileEdges } from '../../../src/windows/reference/edges.ts'
import { normal } from '../../support/normal.ts'
import { createRandom, type Random } from '../../support/random.ts'

/**
 * Seeded runs: the same numbers every time. Bounds are 5 % and what longer runs gave (psi 3.4 to 4.7 %, ks 3.3 to 4.1 %), with
 * two to three standard errors of room; what breaks a p-value or a power moves them by far more.
 */
type Draw = (random: Random) => number
type Outcomes = readonly DriftOutcome[]

const binned = (lookup: BinLookup, n: number, draw: () => number): Float64Array => {
  const counts = new Float64Array(lookup.edges.length + 1)
  for (let i = 0; i < n; i++) counts[binOf(lookup, draw())]++
  return counts
}

/** Outcomes of `runs` windows of n values, each against a reference of its own of m values. */
const simulate = (
  run: Readonly<{ seed: number; runs: number; n: number; m: number; reference: Draw; window: Draw }>,
): Readonly<{ psi: Outcomes; ks: Outcomes }> => {
  const random = createRandom(run.seed)
  const inputs = Array.from({ length: run.runs }, (): DriftInput => {
    const values = new Float64Array(run.m)
    for (let i = 0; i < run.m; i++) values[i] = run.reference(random)
    const edges = quantileEdges(values.sort(), 100)
    const window = binned(createBinLookup(edges), run.n, () => run.window(random))
    return { scale: 'ordered', window, reference: binCounts(values, edges) }
  })
  return { psi: inputs.map(psi.measure), ks: inputs.map(ks.measure) }
}

const share = (outcomes: Outcomes, test: (outcome: Extract<DriftOutcome, { kind: 'ok' }>) => boolean): number =>
  outcomes.filter(outcome => outcome.kind === 'ok' && test(outcome)).length / outcomes.length

const alarms = (outcomes: Outcomes): number => share(outcomes, ({ pValue }) => pValue < 0.05)

const uniform: Draw = random => random.uniform()
const hours: Draw = random => random.below(24)
const zeroInflated: Draw = random => (random.uniform() < 0.6 ? 0 : random.uniform())

describe('the 5 % of a test that nothing drifted under', () => {
  test.each([
    { n: 100, m: 1000, runs: 800 },
    { n: 1000, m: 2000, runs: 400 },
    { n: 10_000, m: 2000, runs: 300 },
  ])('is 3 to 5 % on continuous data, n = $n, m = $m', ({ n, m, runs }) => {
    const outcomes = simulate({ seed: 2, runs, n, m, reference: uniform, window: uniform })
    for (const found of [alarms(outcomes.psi), alarms(outcomes.ks)]) {
      expect(found).toBeGreaterThan(0.015)
      expect(found).toBeLessThan(0.065)
    }
  })

  test.each([
    { name: 'hours', draw: hours, n: 1000, m: 1000 },
    { name: 'hours', draw: hours, n: 100, m: 1000 },
    { name: 'zero-inflated', draw: zeroInflated, n: 1000, m: 1000 },
  ])('holds for psi on $name, n = $n, m = $m; ks is conservative there', ({ draw, m, n }) => {
    const outcomes = simulate({ seed: 7, runs: 500, n, m, reference: draw, window: draw })
    expect(alarms(outcomes.psi)).toBeGreaterThan(0.015)
    expect(alarms(outcomes.psi)).toBeLessThan(0.065)
    expect(alarms(outcomes.ks)).toBeLessThan(0.04)
  })

  test.each([
    { m: 1000, n: 1000 },
    { m: 2000, n: 200 },
    { m: 1000, n: 5000 },
  ])('holds for psi on 250 categories of Zipf’s law, n = $n, m = $m', ({ m, n }) => {
    const random = createRandom(3)
    const cumulated: number[] = []
    for (let i = 1; i <= 250; i++) cumulated.push((cumulated.at(-1) ?? 0) + 1 / i)
    const lookup = createBinLookup(cumulated.slice(0, -1))
    const draw = (): number => random.uniform() * (cumulated.at(-1) ?? 0)
    const runs = n === 5000 ? 150 : 400
    let alarms = 0
    for (let run = 0; run < runs; run++) {
      const reference = binned(lookup, m, draw)
      const window = binned(lookup, n, draw)
      const seen = [...reference.keys()].filter(i => reference[i] > 0)
      const known = seen.map(i => window[i])
      const unseen = n - known.reduce((sum, count) => sum + count, 0)
      const outcome = psi.measure({
        scale: 'nominal',
        window: [...known, unseen],
        reference: [...seen.map(i => reference[i]), 0],
      })
      if (outcome.kind === 'ok' && outcome.pValue < 0.05) alarms++
    }
    expect(alarms / runs).toBeGreaterThan(0.015)
    expect(alarms / runs).toBeLessThan(0.08)
  })

  test('PSI > .1 by itself is what most windows of 100 give; effect and p together hardly ever alarm', () => {
    const { psi: outcomes } = simulate({ seed: 5, runs: 400, n: 100, m: 1000, reference: uniform, window: uniform })
    expect(share(outcomes, ({ value }) => value > 0.1)).toBeGreaterThan(0.9)
    expect(share(outcomes, ({ effect, pValue }) => effect > 0.03 && pValue < 0.002)).toBeLessThan(0.01)
  })
})

describe('a quarter of a standard deviation, n = 1,000, m = 10,000', () => {
  const found = simulate({ seed: 11, runs: 150, n: 1000, m: 10_000, reference: normal, window: random => normal(random) + 0.25 })

  test('psi: p < .002 in 99 %, corrected PSI above .03 in 97 %, above .05 in 71 %, above .1 in 2 %', () => {
    expect(share(found.psi, ({ pValue }) => pValue < 0.002)).toBeGreaterThan(0.96)
    expect(share(found.psi, ({ effect }) => effect > 0.03)).toBeGreaterThan(0.93)
    expect(share(found.psi, ({ effect }) => effect > 0.05)).toBeGreaterThan(0.57)
    expect(share(found.psi, ({ effect }) => effect > 0.05)).toBeLessThan(0.83)
    expect(share(found.psi, ({ effect }) => effect > 0.1)).toBeLessThan(0.05)
  })

  test('ks: always, with a D of .11', () => {
    expect(share(found.ks, ({ pValue, effect }) => pValue < 0.002 && effect > 0.03)).toBeGreaterThan(0.98)
    const mean = found.ks.reduce((sum, outcome) => sum + (outcome.kind === 'ok' ? outcome.value : 0), 0) / found.ks.length
    expect(mean).toBeCloseTo(0.108, 2)
  })
})
