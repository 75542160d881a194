import { sampleCorrelation } from 'simple-statistics'
import { describe, expect, it } from 'vitest'
import { GATEWAYS } from '../../src/demo/delivery.ts'
import { incidentsOfDay } from '../../src/demo/incidents.ts'
import { DAY_MS, DEMO_DAY_MS, HOUR_MS } from '../../src/demo/rhythm.ts'
import { simulate } from '../../src/demo/simulator.ts'
import { MODELS } from '../../src/demo/world.ts'
import type { Prediction } from '../../src/events/prediction.ts'
import { freshSeed } from './seed.ts'

const incidents = incidentsOfDay(DEMO_DAY_MS)
const day = (seed: number, troubles = incidents): readonly Prediction[] =>
  [...simulate({ seed, startMs: DEMO_DAY_MS, durationMs: DAY_MS, incidents: troubles })].map(({ prediction }) => prediction)

const seed = freshSeed('the world')
const quiet = day(seed, [])
const troubled = day(seed)

/** Of n draws with chance p, `hits` lie within six standard errors. */
const expectShare = (hits: number, n: number, p: number): void => {
  expect(Math.abs(hits - n * p) / Math.sqrt(n * p * (1 - p))).toBeLessThan(6)
}
const share = (events: readonly Prediction[], p: number, hit: (event: Prediction) => boolean): void =>
  expectShare(events.filter(hit).length, events.length, p)

const numbers = (events: readonly Prediction[], feature: string): number[] => events.map(event => Number(event.features[feature]))
const correlation = (events: readonly Prediction[], a: string, b: string): number =>
  sampleCorrelation(numbers(events, a), numbers(events, b))

describe.each(MODELS)('$name', model => {
  const events = quiet.filter(event => event.model === model.name)

  it('has the traffic that it states', () => {
    expect(Math.abs(events.length - model.eventsPerDay) / Math.sqrt(model.eventsPerDay)).toBeLessThan(6)
    for (const { value, share: p } of model.contexts) share(events, p, event => event.context === value)
    for (const { value, share: p } of model.operations) share(events, p, event => event.operation === value)
    for (const { name, share: p } of GATEWAYS) share(events, p, event => event.gateway === name)
  })

  it('has the errors, the coverage, the fallbacks and the latency that it states', () => {
    share(events, model.errorRatio, event => event.error !== null)
    share(events, model.coverageRatio, event => event.prediction !== null)
    share(
      events.filter(event => event.prediction !== null),
      model.fallbackRatio,
      event => event.fallback,
    )
    expect(events.filter(event => event.error !== null && event.prediction !== null)).toEqual([])
    for (const { value } of model.operations) {
      const median = model.latency.medianMs * model.latency.byOperation[value]
      const own = events.filter(event => event.operation === value)
      const slower = own.filter(event => (event.latencyMs ?? 0) > median).length / own.length
      expect(slower).toBeGreaterThan(0.45)
      expect(slower).toBeLessThan(0.57)
    }
  })

  it('has categories with the shares that it states', () => {
    for (const [feature, shares] of Object.entries(model.categoricalFeatures))
      for (const { value, share: p } of shares) share(events, p, event => event.features[feature] === value)
  })

  it('sends the features that it states, and no others', () => {
    const names = [...model.numericFeatures, ...Object.keys(model.categoricalFeatures)].sort()
    for (const event of events.slice(0, 1000)) expect(Object.keys(event.features).sort()).toEqual(names)
  })

  it('looks the same by day and by night: no hour differs in a mean by more than six standard errors', () => {
    const hours = groupByHour(events)
    for (const feature of model.numericFeatures) {
      const { mean, sd } = moments(numbers(events, feature))
      for (const hour of hours) {
        const own = numbers(hour, feature)
        expect(Math.abs(moments(own).mean - mean) / (sd / Math.sqrt(own.length))).toBeLessThan(6)
      }
    }
  })
})

const groupByHour = (events: readonly Prediction[]): readonly (readonly Prediction[])[] => {
  const hours: Prediction[][] = Array.from({ length: 24 }, () => [])
  for (const event of events) hours[Math.min(23, Math.max(0, Math.floor((event.time - DEMO_DAY_MS) / HOUR_MS)))].push(event)
  return hours
}

const moments = (values: readonly number[]): Readonly<{ mean: number; sd: number }> => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
  return { mean, sd }
}

describe('features', () => {
  const shelfLife = quiet.filter(event => event.model === 'shelf-life')
  const recommender = quiet.filter(event => event.model === 'basket-recommender')

  it('are correlated: warm rooms are dry, large baskets are dear, frequent visitors were here lately', () => {
    expect(correlation(shelfLife, 'storage_temp_c', 'humidity_pct')).toBeLessThan(-0.5)
    expect(correlation(recommender, 'basket_size', 'basket_value_eur')).toBeGreaterThan(0.6)
    expect(correlation(recommender, 'days_since_visit', 'visits_30d')).toBeLessThan(-0.4)
    const tenure = (loyalty: string) =>
      moments(
        numbers(
          recommender.filter(event => event.features.loyalty === loyalty),
          'tenure_months',
        ),
      ).mean
    expect(tenure('gold')).toBeGreaterThan(1.5 * tenure('none'))
  })

  it('are chilled: no room is warmer than 13 °C or colder than -5 °C', () => {
    const temps = numbers(shelfLife, 'storage_temp_c')
    expect(Math.max(...temps.slice(0, 50_000))).toBeLessThan(13)
    expect(Math.min(...temps.slice(0, 50_000))).toBeGreaterThan(-5)
  })
})

describe('incidents', () => {
  it('come one at a time, in two models, and leave the last windows in peace', () => {
    const sorted = [...incidents].sort((a, b) => a.startMs - b.startMs)
    sorted.slice(1).forEach((incident, i) => {
      expect(incident.startMs).toBeGreaterThan(sorted[i].endMs + HOUR_MS)
    })
    expect(new Set(incidents.map(({ model }) => model)).size).toBe(2)
    expect(sorted[0].startMs).toBeGreaterThanOrEqual(DEMO_DAY_MS + 2 * HOUR_MS)
    expect(sorted.at(-1)?.endMs).toBeLessThanOrEqual(DEMO_DAY_MS + DAY_MS - 2 * HOUR_MS)
  })

  const during = (name: string, events: readonly Prediction[]): readonly Prediction[] => {
    const incident = incidents.find(each => each.name === name)
    if (incident === undefined) throw new Error(`no incident ${name}`)
    const { model, startMs, endMs } = incident
    return events.filter(event => event.model === model && event.time >= startMs + 2000 && event.time < endMs - 2000)
  }

  it('fahrenheit: one of four gateways sends 32 + 1.8 times the value, and the model believes it', () => {
    const before = new Map(during('fahrenheit', quiet).map(event => [event.id, event]))
    const boston = during('fahrenheit', troubled).filter(event => event.gateway === 'gw-boston')
    expect(boston.length).toBeGreaterThan(1000)
    for (const event of boston) {
      const celsius = Number(before.get(event.id)?.features.storage_temp_c)
      expect(Math.abs(Number(event.features.storage_temp_c) - (32 + 1.8 * celsius))).toBeLessThan(0.15)
      if (event.prediction !== null)
        expect(Number(event.prediction)).toBeLessThanOrEqual(Number(before.get(event.id)?.prediction))
    }
    for (const event of during('fahrenheit', troubled))
      if (event.gateway !== 'gw-boston') expect(event).toEqual(before.get(event.id))
  })

  it('slow-checkout: a tenth of the traffic takes 1.6 times as long', () => {
    const before = new Map(during('slow-checkout', quiet).map(event => [event.id, event]))
    const events = during('slow-checkout', troubled)
    const slow = events.filter(event => event.context === 'checkout')
    expectShare(slow.length, events.length, 0.1)
    for (const event of slow) expect((event.latencyMs ?? 0) / (before.get(event.id)?.latencyMs ?? 0)).toBeCloseTo(1.6, 1)
  })

  it('empty-home: coverage falls from .97 to .88', () => {
    const at = (events: readonly Prediction[]) => during('empty-home', events).filter(event => event.context === 'home')
    share(at(quiet), 0.97, event => event.prediction !== null)
    share(at(troubled), 0.88, event => event.prediction !== null)
    for (const event of at(troubled)) if (event.prediction === null) expect(event.itemCount).toBe(0)
  })

  it('failing-estimate: errors rise from 1 % to 6 %', () => {
    const at = (events: readonly Prediction[]) =>
      during('failing-estimate', events).filter(event => event.operation === 'estimate')
    share(at(quiet), 0.01, event => event.error !== null)
    share(at(troubled), 0.06, event => event.error !== null)
  })
})
