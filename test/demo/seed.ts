import { randomInt } from 'node:crypto'
import { SEEDS } from '../../src/demo/random.ts'

/** A seed drawn afresh and printed, or the one that SEED names: to see a failure again. */
export const freshSeed = (what: string): number => {
  const seed = process.env.SEED === undefined ? randomInt(SEEDS) : Number(process.env.SEED)
  console.info(`${what}: seed ${seed} (SEED=${seed} repeats it)`)
  return seed
}
