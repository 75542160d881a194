import { describe, expect, it } from 'vitest'
import { SEEDS } from '../../src/demo/random.ts'
import { type Day, runDay } from '../../src/demo/run.ts'
import { exitCodeOf } from '../../src/demo/scoreboard.ts'

/** Drawn afresh at every run; `TIDEMARK_SEED` repeats one. */
const given = process.env.TIDEMARK_SEED
const seeds = given === undefined ? Array.from({ length: 10 }, () => Math.floor(Math.random() * SEEDS)) : [Number(given)]

const day = async (seed: number, incidents: boolean): Promise<Day> => {
  const run = await runDay({
    seed,
    incidents,
    speed: { kind: 'max' },
    view: () => null,
    clock: { now: () => performance.now(), sleep: ms => new Promise(resolve => setTimeout(resolve, ms)) },
    signal: new AbortController().signal,
  })
  await run.stop()
  return run
}

describe('a day of the demo, through the whole pipeline', () => {
  it.each(seeds)('seed %i: every incident is caught, and nothing else is reported', async seed => {
    const { scoreboard, ledger } = await day(seed, true)
    expect(scoreboard?.rows.filter(row => row.caught === null).map(row => row.incident.name)).toEqual([])
    expect(scoreboard?.falseAlarms.map(alert => alert.message)).toEqual([])
    expect(scoreboard && exitCodeOf(scoreboard)).toBe(0)
    expect(ledger.inWindows + ledger.tooLate + ledger.deadLettered + ledger.skipped).toBe(ledger.read)
  })

  it.each(seeds)('seed %i without incidents: no alert at all', async seed => {
    const { alerts } = await day(seed, false)
    expect(alerts.map(alert => alert.message)).toEqual([])
  })
})
