import { describe, expect, it } from 'vitest'
import { DEMO_WINDOWS } from '../../src/demo/config.ts'
import { incidentsOfDay } from '../../src/demo/incidents.ts'
import { demoReferences } from '../../src/demo/references.ts'
import { exitCodeOf, scoreboard } from '../../src/demo/scoreboard.ts'
import { runInBatch } from './batch.ts'
import { freshSeed } from './seed.ts'

const DAY = Date.UTC(2026, 2, 2)
const incidents = incidentsOfDay(DAY)
const everyMs = () => DEMO_WINDOWS.hour.everyMs

describe('a simulated day, recomputed in batch', () => {
  const seed = freshSeed('a whole day')
  const references = demoReferences(seed, DAY)

  it('with incidents: every one is caught within eight windows, and nothing else alarms', () => {
    const board = scoreboard(incidents, runInBatch(seed, DAY, incidents, references).alerts, everyMs)
    expect(board.falseAlarms).toEqual([])
    for (const { incident, caught } of board.rows) {
      expect([incident.name, caught !== null]).toEqual([incident.name, true])
      expect(caught?.afterWindows).toBeLessThanOrEqual(8)
    }
    expect(exitCodeOf(board)).toBe(0)
  })

  it('without incidents: silence', () => {
    expect(runInBatch(seed, DAY, [], references).alerts).toEqual([])
  })
})
