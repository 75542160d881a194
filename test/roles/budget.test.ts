import { describe, expect, it } from 'vitest'
import { createBudget } from '../../src/roles/budget.ts'

it('adds up what all parts hold, by name and altogether', () => {
  const budget = createBudget(100)
  const [a, b, c] = [budget.part('panes'), budget.part('panes'), budget.part('letters')]
  a.set(30)
  b.set(40)
  c.set(20)
  a.set(10)
  expect([budget.usedBytes(), Object.fromEntries(budget.byPart())]).toEqual([70, { panes: 50, letters: 20 }])
  b.close()
  expect([budget.usedBytes(), Object.fromEntries(budget.byPart())]).toEqual([30, { panes: 10, letters: 20 }])
})

it('is over from its limit on', () => {
  const budget = createBudget(100)
  const part = budget.part('panes')
  part.set(99)
  expect(budget.isOver()).toBe(false)
  part.set(100)
  expect(budget.isOver()).toBe(true)
})

describe('who asks before taking', () => {
  const never = new AbortController().signal
  /** Names of those who were admitted, in order. */
  const asking = (limitBytes: number) => {
    const budget = createBudget(limitBytes)
    const admitted: string[] = []
    const ask = (name: string, bytes: number, spareBytes = 0, signal = never) => {
      const part = budget.part(name)
      const asked = part.acquire(bytes, signal, { spareBytes }).then(isAdmitted => {
        admitted.push(isAdmitted ? name : `${name} gives up`)
      })
      return { part, asked }
    }
    return { budget, admitted, ask }
  }

  it('waits until it fits, and the limit is never passed', async () => {
    const { budget, admitted, ask } = asking(100)
    const [a, b, c] = [ask('a', 60), ask('b', 60), ask('c', 40)]
    await a.asked
    expect([admitted, budget.usedBytes()]).toEqual([['a'], 60])
    a.part.set(30)
    await b.asked
    expect([admitted, budget.usedBytes()]).toEqual([['a', 'b'], 90])
    b.part.close()
    await c.asked
    expect([admitted, budget.usedBytes()]).toEqual([['a', 'b', 'c'], 70])
  })

  it('goes in order of coming, though a later one would fit', async () => {
    const { admitted, ask } = asking(100)
    const [a, b, c] = [ask('a', 50), ask('b', 80), ask('c', 10)]
    await a.asked
    a.part.close()
    await Promise.all([b.asked, c.asked])
    expect(admitted).toEqual(['a', 'b', 'c'])
  })

  it('leaves room for those who hold something already, and lets them go first', async () => {
    const { admitted, ask } = asking(100)
    const [a, fetching, finishing] = [ask('a', 60), ask('fetch', 30, 20), ask('finish', 40)]
    await Promise.all([a.asked, finishing.asked])
    expect(admitted).toEqual(['a', 'finish'])
    finishing.part.close()
    a.part.set(50)
    await fetching.asked
    expect(admitted).toEqual(['a', 'finish', 'fetch'])
  })

  it('takes what is larger than everything when nothing else is held', async () => {
    const { budget, admitted, ask } = asking(100)
    const [a, b] = [ask('a', 1), ask('b', 500, 50)]
    await a.asked
    expect(admitted).toEqual(['a'])
    a.part.close()
    await b.asked
    expect(budget.usedBytes()).toBe(500)
  })

  it('is let in over the limit where one of its name always is: then one only', async () => {
    const { budget, admitted, ask } = asking(100)
    const full = ask('other', 100)
    await full.asked
    const one = () => {
      const part = budget.part('work')
      return { part, asked: part.acquire(30, never, { oneAlways: true }).then(() => void admitted.push('work')) }
    }
    const [first, second] = [one(), one()]
    await first.asked
    expect([admitted, budget.usedBytes()]).toEqual([['other', 'work'], 130])
    first.part.close()
    await second.asked
    expect(budget.usedBytes()).toBe(130)
  })

  it('gives up when told to, and holds up nobody then', async () => {
    const { admitted, ask } = asking(100)
    const stop = new AbortController()
    const [a, b, c] = [ask('a', 50), ask('b', 80, 0, stop.signal), ask('c', 50)]
    await a.asked
    stop.abort()
    await Promise.all([b.asked, c.asked])
    expect(admitted.toSorted()).toEqual(['a', 'b gives up', 'c'])
    await ask('d', 10, 0, stop.signal).asked
    expect(admitted).toContain('d gives up')
  })
})
