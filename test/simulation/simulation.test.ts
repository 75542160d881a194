import { describe, expect, it } from 'vitest'
import { problemsOf } from './check.ts'
import { type History, randomHistory } from './history.ts'
import { runHistory } from './run.ts'

const undisturbed = (history: History): History => ({
  ...history,
  processes: 1,
  faults: [],
  healAtMs: 0,
})

describe('the pipeline on the twins', () => {
  it('publishes what an undisturbed run publishes', async () => {
    const first = Number(process.env.TIDEMARK_SIM_SEED ?? Math.floor(Math.random() * 1e9))
    const count = Number(process.env.TIDEMARK_SIM_HISTORIES ?? 100)
    let events = 0
    let clean = 0
    let faults = 0
    const bad = new Map<string, number[]>()
    for (let seed = first; seed < first + count; seed++) {
      const history = randomHistory(seed)
      const run = await runHistory(history)
      const oracle = await runHistory(undisturbed(history))
      events += run.events
      clean += oracle.events
      faults += run.struck.length
      const problems = problemsOf(run.outcome, oracle.outcome, history)
      if (problems.length > 0) bad.set(problems[0].slice(0, 300), [...(bad.get(problems[0].slice(0, 300)) ?? []), seed])
    }
    console.log({ events: events / count, clean: clean / count, faults: faults / count })
    console.log(
      [...bad]
        .map(([k, v]) => `${v.join(',')}: ${k}`)
        .slice(0, 15)
        .join('\n'),
    )
    expect(bad.size).toBe(0)
  }, 300_000)
})
