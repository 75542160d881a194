import { describe, expect, test } from 'vitest'
import { ks } from '../../../src/windows/drift/ks.ts'
import { psi } from '../../../src/windows/drift/psi.ts'

describe('PSI', () => {
  // numpy 2.4.6 by the formula of psi.ts, scipy 1.17.1 chi2.sf
  test('of five bins', () => {
    const outcome = psi.measure({ scale: 'ordered', window: [30, 25, 20, 15, 10], reference: [100, 100, 100, 100, 100] })
    expect(outcome).toMatchObject({ kind: 'ok', n: 100 })
    expect(outcome.kind === 'ok' ? [outcome.value, outcome.effect, outcome.pValue] : []).toEqual([
      expect.closeTo(0.12831908688482713, 14),
      expect.closeTo(0.08031908688482713, 14),
      expect.closeTo(0.030236518168205894, 13),
    ])
  })

  test('of categories, one of which has vanished', () => {
    // the window's c is empty, its d rare (50 of 1,000 expected): no category is pooled but the empty `unseen`
    const outcome = psi.measure({ scale: 'nominal', window: [60, 30, 0, 10, 0], reference: [500, 300, 150, 50, 0] })
    expect(outcome.kind === 'ok' ? [outcome.value, outcome.effect, outcome.pValue] : []).toEqual([
      expect.closeTo(0.5508718144720827, 14),
      expect.closeTo(0.5178718144720826, 14),
      expect.closeTo(7.684629235997041e-11, 20),
    ])
  })

  test('takes 20, 10 or 5 of 100 bins as n has room for them, each a union of the next', () => {
    const reference = new Array<number>(100).fill(100)
    const groups = (n: number): readonly (readonly number[])[] =>
      psi.contributions({ scale: 'ordered', window: [n, ...new Array<number>(99).fill(0)], reference }).map(bin => bin.members)
    expect([25, 49, 50, 99, 100, 5000].map(n => groups(n).length)).toEqual([5, 5, 10, 10, 20, 20])
    expect(groups(100)[3]).toEqual([15, 16, 17, 18, 19])
    expect(groups(50)[1]).toEqual([...groups(100)[2], ...groups(100)[3]])
  })

  test('pools categories with fewer than 5 expected events, and unseen ones with them', () => {
    const window = [60, 30, 2, 1, 7]
    const reference = [600, 300, 20, 10, 0]
    const bins = psi.contributions({ scale: 'nominal', window, reference })
    expect(bins.map(bin => bin.members)).toEqual([[0], [1], [2, 3, 4]])
  })

  test('says not enough data when everything had to be pooled, and 0 when there is but one value', () => {
    const thin = new Array<number>(168).fill(20)
    expect(
      psi.measure({ scale: 'nominal', window: [...thin.map((_, i) => (i < 30 ? 1 : 0)), 0], reference: [...thin, 0] }).kind,
    ).toBe('not_enough_data')
    expect(psi.measure({ scale: 'nominal', window: [30, 0], reference: [400, 0] })).toMatchObject({
      value: 0,
      effect: 0,
      pValue: 1,
    })
    expect(psi.measure({ scale: 'ordered', window: [0, 30, 0], reference: [0, 400, 0] })).toMatchObject({ value: 0, pValue: 1 })
  })

  test('keeps values outside a constant reference apart', () => {
    const outcome = psi.measure({ scale: 'ordered', window: [30, 0, 0], reference: [0, 400, 0] })
    expect(outcome.kind === 'ok' && outcome.value > 1 && outcome.pValue < 1e-10).toBe(true)
  })
})

describe('Kolmogorov-Smirnov', () => {
  // scipy 1.17.1: ks_2samp of the values 0..4 so often; kstwobign.sf of sqrt(nm / (n + m)) D
  test.each([
    [[30, 25, 20, 15, 10], 0.15, 0.05483526938238635, 0.04703487990738155],
    [[10, 25, 35, 20, 10], 0.1, 0.004835269382386334, 0.3752065498718388],
  ])('of %j against five equal bins', (window, value, effect, pValue) => {
    const outcome = ks.measure({ scale: 'ordered', window, reference: [100, 100, 100, 100, 100] })
    expect(outcome.kind === 'ok' ? [outcome.value, outcome.effect, outcome.pValue] : []).toEqual([
      expect.closeTo(value, 14),
      expect.closeTo(effect, 9),
      expect.closeTo(pValue, 12),
    ])
  })

  test('is not asked about categories', () => {
    expect(ks.scales).toEqual(['ordered'])
  })
})
