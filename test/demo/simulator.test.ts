import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { CLOCKS_DIFFER_MS, GATEWAYS, OUT_OF_ORDER_BOUND_MS } from '../../src/demo/delivery.ts'
import { incidentsOfDay } from '../../src/demo/incidents.ts'
import { DAY_MS, DEMO_DAY_MS, HOUR_MS, volumeAt } from '../../src/demo/rhythm.ts'
import { type Arrival, type Simulation, simulate } from '../../src/demo/simulator.ts'
import { MODELS } from '../../src/demo/world.ts'
import { freshSeed } from './seed.ts'

const run = (given: Partial<Simulation>): readonly Arrival[] => [
  ...simulate({ seed: 1, startMs: DEMO_DAY_MS, durationMs: HOUR_MS, incidents: [], ...given }),
]
const digest = (arrivals: readonly Arrival[]): string => createHash('sha256').update(JSON.stringify(arrivals)).digest('hex')

describe('the simulator', () => {
  it('gives the same bytes for the same seed, and others for another', () => {
    const incidents = incidentsOfDay(DEMO_DAY_MS - 4 * HOUR_MS)
    expect(digest(run({ seed: 5, incidents }))).toBe(digest(run({ seed: 5, incidents })))
    expect(digest(run({ seed: 5, incidents }))).not.toBe(digest(run({ seed: 6, incidents })))
  })

  it('gives the same events with and without incidents, but for what these change', () => {
    const seed = freshSeed('with and without incidents')
    const incidents = incidentsOfDay(DEMO_DAY_MS)
    const [unit, latency] = incidents
    const hours = { seed, startMs: unit.startMs - HOUR_MS, durationMs: latency.endMs + HOUR_MS - unit.startMs + HOUR_MS }
    const quiet = run(hours)
    const troubled = run({ ...hours, incidents })
    expect(troubled.length).toBe(quiet.length)
    const changed = troubled.filter((arrival, i) => JSON.stringify(arrival) !== JSON.stringify(quiet[i]))
    expect(changed.length).toBeGreaterThan(1000)
    const explained = changed.filter(({ prediction: { model, time } }) =>
      incidents.some(
        each => model === each.model && time >= each.startMs - CLOCKS_DIFFER_MS && time < each.endMs + CLOCKS_DIFFER_MS,
      ),
    )
    expect(explained.length).toBe(changed.length)
  })

  it('sorts by arrival, while event times are out of order, never beyond the stated bound', () => {
    const arrivals = run({ seed: freshSeed('out of order'), durationMs: 6 * HOUR_MS })
    expect(arrivals.slice(1).every(({ arrivalMs }, i) => arrivalMs >= arrivals[i].arrivalMs)).toBe(true)
    let latestMs = Number.NEGATIVE_INFINITY
    let furthestBehindMs = 0
    let behind = 0
    for (const { prediction } of arrivals) {
      furthestBehindMs = Math.max(furthestBehindMs, latestMs - prediction.time)
      if (prediction.time < latestMs) behind++
      latestMs = Math.max(latestMs, prediction.time)
    }
    expect(furthestBehindMs).toBeLessThanOrEqual(OUT_OF_ORDER_BOUND_MS)
    expect(furthestBehindMs).toBeGreaterThan(OUT_OF_ORDER_BOUND_MS / 2)
    expect(behind / arrivals.length).toBeGreaterThan(0.5)
  })

  it('has gateways whose clocks differ by what they say', () => {
    const arrivals = run({ seed: freshSeed('clocks') })
    for (const { name, clockOffsetMs, flushMs } of GATEWAYS) {
      const delays = arrivals
        .filter(({ gateway }) => gateway === name)
        .map(({ arrivalMs, prediction }) => arrivalMs - prediction.time)
      // the event that just caught a flush waited for nothing but the network
      const least = Math.min(...delays) + clockOffsetMs
      expect(least).toBeGreaterThanOrEqual(-1)
      expect(least).toBeLessThan(0.1 * flushMs + 40)
    }
  })

  it('follows the rhythm: as many events in each hour as its volume says, within six standard errors', () => {
    const arrivals = run({ seed: freshSeed('rhythm'), durationMs: DAY_MS })
    const perDay = MODELS.reduce((sum, model) => sum + model.eventsPerDay, 0)
    const byHour = new Array<number>(24).fill(0)
    for (const { prediction } of arrivals)
      byHour[Math.min(23, Math.max(0, Math.floor((prediction.time - DEMO_DAY_MS) / HOUR_MS)))]++
    byHour.forEach((events, hour) => {
      const minutes = Array.from({ length: 60 }, (_, minute) => volumeAt(DEMO_DAY_MS + hour * HOUR_MS + minute * 60_000))
      const mean = (perDay / 24) * (minutes.reduce((sum, volume) => sum + volume) / 60)
      expect(Math.abs(events - mean) / Math.sqrt(mean)).toBeLessThan(6)
    })
    expect(Math.max(...byHour) / Math.min(...byHour)).toBeGreaterThan(1.7)
  })

  it('ends with what was under way, and goes on for ever if asked', () => {
    const hour = run({ seed: 3 })
    const forever = simulate({ seed: 3, startMs: DEMO_DAY_MS, durationMs: Number.POSITIVE_INFINITY, incidents: [] })
    const first = Array.from({ length: 1000 }, () => forever.next().value)
    expect(first).toEqual(hour.slice(0, 1000))
    expect(new Set(hour.map(({ prediction }) => prediction.id)).size).toBe(hour.length)
  })
})
