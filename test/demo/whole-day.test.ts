import { describe, expect, it } from 'vitest'
import { everyMsOf } from '../../src/demo/config.ts'
import { incidentsOfDay } from '../../src/demo/incidents.ts'
import { demoReferences } from '../../src/demo/references.ts'
import { DEMO_DAY_MS } from '../../src/demo/rhythm.ts'
import { exitCodeOf, scoreboard } from '../../src/demo/scoreboard.ts'
import { runInBatch } from './batch.ts'
import { freshSeed } from './seed.ts'

const incidents = incidentsOfDay(DEMO_DAY_MS)

describe('a simulated day, recomputed in batch', () => {
  const seed = freshSeed('a whole day')
  const references = demoReferences(seed, DEMO_DAY_MS)

  it('with incidents: every one is caught within eight windows, and nothing else alarms', () => {
    const board = scoreboard(incidents, runInBatch(seed, DEMO_DAY_MS, incidents, references).alerts, everyMsOf)
    expect(board.falseAlarms).toEqual([])
    for (const { incident, caught } of board.rows) {
      expect([incident.name, caught !== null]).toEqual([incident.name, true])
      expect(caught?.afterWindows).toBeLessThanOrEqual(8)
    }
    expect(exitCodeOf(board)).toBe(0)
  })

  it('without incidents: silence', () => {
    expect(runInBatch(seed, DEMO_DAY_MS, [], references).alerts).toEqual([])
  })
})
