import { describe, expect, it } from 'vitest'
import { freshSeed } from '../demo/seed.ts'
import { ABLATIONS } from './ablations.ts'
import { type History, randomHistory } from './history.ts'
import { runHistory } from './run.ts'
import { describeFailure, shrink } from './shrink.ts'
import { verify } from './verify.ts'

/** Histories in which an ablation must have been noticed. */
const MOST = 400

/** As random as others, with more of what an ablation is exposed by: crashes, zombies, and a store that goes back. */
const rough = (seed: number): History => ({
  ...randomHistory(seed),
  faults: { rate: 0.03, kinds: ['crash', 'freeze', 'evict', 'failover', 'late'] },
})

describe('the simulation itself', () => {
  it('is a function of the seed', async () => {
    const first = freshSeed('determinism')
    for (let seed = first; seed < first + 10; seed++) {
      const traces: string[][] = [[], []]
      for (const trace of traces) await runHistory(randomHistory(seed), { trace: line => trace.push(line) })
      expect(traces[0].length, `seed ${seed}`).toBeGreaterThan(10)
      expect(traces[1], `seed ${seed}`).toEqual(traces[0])
    }
  })

  it.each(Object.entries(ABLATIONS))('notices %s', async (_, options) => {
    const first = freshSeed('ablation')
    let histories = 0
    for (; histories < MOST; histories++) if ((await verify(rough(first + histories), options)).problems.length > 0) break
    console.info(`noticed after ${histories + 1} histories`)
    expect(histories).toBeLessThan(MOST)
  })

  it('cuts a failing history down to what makes it fail', async () => {
    const options = ABLATIONS['no compare and set']
    const first = freshSeed('shrinking')
    for (let seed = first; ; seed++) {
      const history = rough(seed)
      const { run, problems } = await verify(history, options)
      if (problems.length === 0 || run.struck.length < 3) continue
      const least = await shrink(history, run, options)
      const after = await verify(least, options)
      expect(after.problems.length, `seed ${seed}`).toBeGreaterThan(0)
      expect(after.run.struck.length, `seed ${seed}`).toBeLessThan(run.struck.length)
      expect(least.deliveries.length).toBeLessThanOrEqual(history.deliveries.length)
      const text = await describeFailure(least, options)
      expect(text).toContain(`TIDEMARK_SIM_SEED=${seed} TIDEMARK_SIM_HISTORIES=1`)
      expect(text).toContain('"kind":"failover"')
      return
    }
  })
})
