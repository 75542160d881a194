import { expect, test } from 'vitest'
import { createReadiness } from '../../src/sinks/readiness.ts'

const up = async () => ({ kind: 'ok' }) as const

test('each dependency says for itself whether it is up, and why not', async () => {
  const readiness = createReadiness(
    [
      { name: 'log', check: up },
      { name: 'monitor', check: async () => ({ kind: 'down', reason: 'starting' }) },
    ],
    1_000,
  )
  expect(await readiness()).toEqual([
    { name: 'log', ok: true, reason: null },
    { name: 'monitor', ok: false, reason: 'starting' },
  ])
})

test('a check that throws is down, with what it threw', async () => {
  const readiness = createReadiness([{ name: 'store', check: () => Promise.reject(new Error('ECONNREFUSED')) }], 1_000)
  expect(await readiness()).toEqual([{ name: 'store', ok: false, reason: 'ECONNREFUSED' }])
})

test('a check that does not answer is down, and does not hold the others up', async () => {
  const readiness = createReadiness(
    [
      { name: 'store', check: () => new Promise(() => {}) },
      { name: 'log', check: up },
    ],
    5,
  )
  expect(await readiness()).toEqual([
    { name: 'store', ok: false, reason: 'no answer within 5 ms' },
    { name: 'log', ok: true, reason: null },
  ])
})
