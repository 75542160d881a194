import { SEEDS } from '../../src/demo/random.ts'
import { type Day, runDay } from '../../src/demo/run.ts'

/** Ten days, drawn afresh at every run; `TIDEMARK_SEED` repeats one. The seed is part of each test's name. */
export const drawSeeds = (): readonly number[] => {
  const given = process.env.TIDEMARK_SEED
  return given === undefined ? Array.from({ length: 10 }, () => Math.floor(Math.random() * SEEDS)) : [Number(given)]
}

/** A whole day through the real pipeline on the twins, as fast as it goes. */
export const day = async (seed: number, incidents: boolean): Promise<Day> => {
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
