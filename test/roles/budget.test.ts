import { expect, it } from 'vitest'
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
