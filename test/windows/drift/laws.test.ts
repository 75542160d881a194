import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DriftInput, DriftTest } from '../../../src/windows/drift/drift-test.ts'
import { driftTests } from '../../../src/windows/drift/index.ts'

const counts = (bins: number): fc.Arbitrary<number[]> =>
  fc.array(fc.oneof(fc.nat(3), fc.nat(200), fc.nat(1e7)), { minLength: bins, maxLength: bins })

/** Any counts at all, over 2 to 120 bins. */
const anyInput = (scale: DriftInput['scale']): fc.Arbitrary<DriftInput> =>
  fc
    .integer({ min: 2, max: 120 })
    .chain(bins => fc.record({ scale: fc.constant(scale), window: counts(bins), reference: counts(bins) }))

const cases = Object.entries<DriftTest>(driftTests).flatMap(([name, drift]) =>
  drift.scales.map(scale => ({ name, drift, scale })),
)

describe.each(cases)('$name on $scale bins', ({ drift, scale }) => {
  test('is finite and its p-value a probability, whatever the counts', () => {
    fc.assert(
      fc.property(anyInput(scale), input => {
        const outcome = drift.measure(input)
        if (outcome.kind === 'not_enough_data') return
        expect(Number.isFinite(outcome.value)).toBe(true)
        expect(outcome.value).toBeGreaterThanOrEqual(0)
        expect(Number.isFinite(outcome.effect)).toBe(true)
        expect(outcome.effect).toBeLessThanOrEqual(outcome.value)
        expect(outcome.pValue).toBeGreaterThanOrEqual(0)
        expect(outcome.pValue).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('is 0 on equal shares, with an effect below 0 and p near 1', () => {
    const reference = Array.from({ length: 40 }, (_, i) => 50 + (i % 7))
    const outcome = drift.measure({ scale, window: reference, reference })
    expect(outcome).toMatchObject({ kind: 'ok', value: 0, pValue: 1 })
    expect(outcome.kind === 'ok' && outcome.effect < 0).toBe(true)
  })

  test('sees a window that holds only what the reference never had', () => {
    const outcome = drift.measure({ scale, window: [0, 0, 0, 1000], reference: [300, 300, 400, 0] })
    expect(outcome.kind === 'ok' && outcome.value > 0.9 && outcome.pValue < 1e-100).toBe(true)
  })

  test('asks for 25 events on both sides', () => {
    const many = [50, 50, 50]
    expect(drift.measure({ scale, window: [8, 8, 8], reference: many })).toEqual({ kind: 'not_enough_data', n: 24 })
    expect(drift.measure({ scale, window: many, reference: [8, 8, 8] })).toEqual({ kind: 'not_enough_data', n: 150 })
    expect(drift.measure({ scale, window: [0, 0, 0], reference: many })).toEqual({ kind: 'not_enough_data', n: 0 })
    expect(drift.contributions({ scale, window: [8, 8, 8], reference: many })).toEqual([])
  })

  test('contributions share the score out over every bin once', () => {
    fc.assert(
      fc.property(anyInput(scale), input => {
        const bins = drift.contributions(input)
        if (bins.length === 0) return
        const total = bins.reduce((sum, bin) => sum + bin.contribution, 0)
        expect(total === 0 || Math.abs(total - 1) < 1e-9).toBe(true)
        const members = bins.flatMap(bin => bin.members)
        expect(new Set(members).size).toBe(members.length)
        for (const { share, referenceShare, contribution } of bins) {
          for (const part of [share, referenceShare, contribution]) {
            expect(part).toBeGreaterThanOrEqual(0)
            expect(part).toBeLessThanOrEqual(1)
          }
        }
      }),
    )
  })

  test('does not care which side is the reference', () => {
    const window = [120, 80, 60, 90, 150]
    const reference = [400, 600, 300, 200, 500]
    const there = drift.measure({ scale, window, reference })
    const back = drift.measure({ scale, window: reference, reference: window })
    // PSI's groups are those of the reference: compared where every bin is a group
    expect(there.kind === 'ok' && back.kind === 'ok' && Math.abs(there.value - back.value) < 1e-12).toBe(true)
  })
})
