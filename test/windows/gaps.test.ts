import { describe, expect, test } from 'vitest'
import { createGaps } from '../../src/windows/gaps.ts'

describe('gaps', () => {
  test('one is open until something that came after it was read', () => {
    const gaps = createGaps([])
    gaps.open(10)
    expect(gaps.all()).toEqual([{ fromMs: 10, toMs: null }])
    gaps.close(25)
    gaps.close(99)
    expect(gaps.all()).toEqual([{ fromMs: 10, toMs: 25 }])
  })

  test('what is lost while one is open makes it larger', () => {
    const gaps = createGaps([{ fromMs: 10, toMs: null }])
    gaps.open(20)
    gaps.open(5)
    expect(gaps.all()).toEqual([{ fromMs: 5, toMs: null }])
  })

  test('are forgotten once windows that touch them have left, an open one never', () => {
    const gaps = createGaps([
      { fromMs: 1, toMs: 2 },
      { fromMs: 3, toMs: 9 },
      { fromMs: 5, toMs: null },
    ])
    gaps.forget(5)
    expect(gaps.all()).toEqual([
      { fromMs: 3, toMs: 9 },
      { fromMs: 5, toMs: null },
    ])
  })

  test('many become few, and none is left out', () => {
    const gaps = createGaps([])
    for (let i = 0; i < 100; i++) {
      gaps.open(i * 10)
      gaps.close(i * 10 + 5)
    }
    expect(gaps.all()).toHaveLength(20)
    for (let i = 0; i < 100; i++)
      expect(
        gaps.all().some(({ fromMs, toMs }) => fromMs <= i * 10 && (toMs ?? 0) >= i * 10 + 5),
        `gap ${i}`,
      ).toBe(true)
  })
})
