import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Judge } from '../../../../src/windows/store/fence.ts'
import { memoryHarness } from './memory-harness.ts'
import type { Writing } from './partition-writer.ts'
import { history } from './steps.ts'
import { runHistory } from './world.ts'

const histories = (judge?: Judge, writing: Writing = 'values') =>
  fc.asyncProperty(history, steps => runHistory(memoryHarness(judge), steps, writing))

describe('writers of the store in memory: claims, crashes, zombies, lost and late calls, failovers', () => {
  it('never lose or double an event, a window or an alert', () => fc.assert(histories(), { numRuns: 250 }))

  const ablations: Readonly<Record<string, Judge>> = {
    'without the token': (stored, write) => {
      if (stored.commitId === write.commitId) return 'duplicate'
      return stored.commitId === write.previousCommitId ? 'ok' : 'mismatch'
    },
    'without compare and set': (stored, write) => {
      if (stored.commitId === write.commitId) return 'duplicate'
      return stored.token === write.token ? 'ok' : 'fenced'
    },
    'without recognising a resend': (stored, write) => {
      if (stored.token !== write.token) return 'fenced'
      return stored.commitId === write.previousCommitId ? 'ok' : 'mismatch'
    },
  }
  it('a replay that does not ask panes for their asOf the model notices', async () => {
    const blind = histories(undefined, 'values, replayed without asOf')
    expect((await fc.check(blind, { numRuns: 400, endOnFailure: true })).failed).toBe(true)
  })

  it.each(Object.entries(ablations))('%s the model notices', async (_, judge) => {
    expect((await fc.check(histories(judge), { numRuns: 400, endOnFailure: true })).failed).toBe(true)
  })
})
