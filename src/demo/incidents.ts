import { HOUR_MS } from './rhythm.ts'

/** Something that goes wrong in the simulated world, at a known time, and what should be seen of it. */
export type Incident = Readonly<{
  name: string
  /** For people: what goes wrong. */
  title: string
  model: string
  startMs: number
  endMs: number
  effect: IncidentEffect
  /** A firing alert like one of these means that the incident was caught. */
  caughtBy: readonly Evidence[]
  /** Alerts that it also explains: they catch nothing, and they are not false. */
  explains: readonly Evidence[]
}>

export type IncidentEffect =
  /** One gateway sends a feature in another unit. */
  | Readonly<{ kind: 'unit'; gateway: string; feature: string; convert: (value: number) => number }>
  | Readonly<{ kind: 'latency'; context: string; factor: number }>
  | Readonly<{ kind: 'coverage'; context: string; coverageRatio: number }>
  | Readonly<{ kind: 'errors'; operation: string; errorRatio: number }>

/** Alerts of one rule on one series, on one subject. */
export type Evidence = Readonly<{ rule: string; segment: Readonly<Record<string, string>>; subject: string }>

/** Names of the rules of the demo's configuration. */
export const RULES = {
  shelfLifeDrift: 'shelf-life-drift',
  shelfLifeDriftByGateway: 'shelf-life-drift-by-gateway',
  shelfLifeCategories: 'shelf-life-categories',
  shelfLifeLatency: 'shelf-life-latency',
  shelfLifeCoverage: 'shelf-life-coverage',
  recommenderDrift: 'recommender-drift',
  recommenderDriftByGateway: 'recommender-drift-by-gateway',
  recommenderCategories: 'recommender-categories',
  recommenderLatency: 'recommender-latency',
  recommenderCoverage: 'recommender-coverage',
  errors: 'errors',
} as const

const celsiusToFahrenheit = (celsius: number): number => celsius * 1.8 + 32

/** The incidents of a day that begins at `dayMs`: one at a time, in quiet hours and in busy ones. */
export const incidentsOfDay = (dayMs: number): readonly Incident[] => {
  const hours = (from: number, to: number) => ({ startMs: dayMs + from * HOUR_MS, endMs: dayMs + to * HOUR_MS })
  return [
    {
      name: 'fahrenheit',
      title: 'gw-boston sends storage_temp_c in °F',
      model: 'shelf-life',
      ...hours(4, 6.5),
      effect: { kind: 'unit', gateway: 'gw-boston', feature: 'storage_temp_c', convert: celsiusToFahrenheit },
      caughtBy: [
        { rule: RULES.shelfLifeDriftByGateway, segment: { gateway: 'gw-boston' }, subject: 'storage_temp_c' },
        { rule: RULES.shelfLifeDrift, segment: {}, subject: 'storage_temp_c' },
      ],
      explains: [
        { rule: RULES.shelfLifeDriftByGateway, segment: { gateway: 'gw-boston' }, subject: 'prediction' },
        { rule: RULES.shelfLifeDrift, segment: {}, subject: 'prediction' },
      ],
    },
    {
      name: 'slow-checkout',
      title: 'a tenth of the traffic, checkout, is 60 % slower',
      model: 'basket-recommender',
      ...hours(9, 11.5),
      effect: { kind: 'latency', context: 'checkout', factor: 1.6 },
      caughtBy: [{ rule: RULES.recommenderLatency, segment: { context: 'checkout' }, subject: '' }],
      explains: [],
    },
    {
      name: 'empty-home',
      title: 'coverage on home falls from .97 to .88',
      model: 'basket-recommender',
      ...hours(13.5, 16),
      effect: { kind: 'coverage', context: 'home', coverageRatio: 0.88 },
      caughtBy: [{ rule: RULES.recommenderCoverage, segment: { context: 'home' }, subject: '' }],
      explains: [],
    },
    {
      name: 'failing-estimate',
      title: 'errors of estimate rise from 1 % to 6 %',
      model: 'shelf-life',
      ...hours(18.5, 21),
      effect: { kind: 'errors', operation: 'estimate', errorRatio: 0.06 },
      caughtBy: [{ rule: RULES.errors, segment: { operation: 'estimate' }, subject: '' }],
      explains: [],
    },
  ]
}
