import { describe, expect, it } from 'vitest'
import { exitCodeOf } from '../../src/demo/scoreboard.ts'
import { day, drawSeeds } from './day.ts'

describe('a day of the demo, through the whole pipeline', () => {
  it.each(drawSeeds())('seed %i: every incident is caught, and nothing else is reported', async seed => {
    const { scoreboard, ledger } = await day(seed, true)
    expect(scoreboard?.rows.filter(row => row.caught === null).map(row => row.incident.name)).toEqual([])
    expect(scoreboard?.falseAlarms.map(alert => alert.message)).toEqual([])
    expect(scoreboard && exitCodeOf(scoreboard)).toBe(0)
    expect(ledger.inWindows + ledger.tooLate + ledger.deadLettered + ledger.skipped).toBe(ledger.read)
  })
})
