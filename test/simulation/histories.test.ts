import { describe, expect, it } from 'vitest'
import type { FaultKind } from './faults.ts'
import { randomHistory } from './history.ts'
import { describeFailure, shrink } from './shrink.ts'
import { createTally } from './tally.ts'
import { verify } from './verify.ts'

const HISTORIES = Number(process.env.TIDEMARK_SIM_HISTORIES ?? 2_000)
const FIRST = Number(process.env.TIDEMARK_SIM_SEED ?? Math.floor(Math.random() * 1e9))
/** So many failures are enough to look at. */
const FAILURES = 3
/** From so many histories on, each of these must have happened. */
const ENOUGH = 500

const KINDS: readonly FaultKind[] = [
  'lost-request',
  'lost-reply',
  'twice',
  'late',
  'again',
  'slow',
  'crash',
  'restart',
  'freeze',
  'evict',
  'failover',
]
const PUBLISHED = ['windows', 'revisions', 'firing', 'resolved', 'retracted', 'dead letters', 'too late'] as const

describe('whole processes on the twins, in virtual time', () => {
  it('publish, whatever happens, what one undisturbed process does', async () => {
    console.info(`${HISTORIES} histories from TIDEMARK_SIM_SEED=${FIRST}`)
    const tally = createTally()
    const failures: string[] = []
    for (let seed = FIRST; seed < FIRST + HISTORIES && failures.length < FAILURES; seed++) {
      const history = randomHistory(seed)
      const { run, problems } = await verify(history)
      tally.add(run)
      if (problems.length === 0) continue
      failures.push(await describeFailure(await shrink(history, run)))
      console.info(failures.at(-1))
    }
    console.info(tally.text())
    expect(failures.join('\n\n')).toBe('')
    if (HISTORIES < ENOUGH) return
    for (const kind of KINDS) expect(tally.faults(kind), kind).toBeGreaterThan(HISTORIES / 50)
    for (const what of PUBLISHED) expect(tally.count(what), what).toBeGreaterThan(HISTORIES / 100)
  }, 1_800_000)
})
