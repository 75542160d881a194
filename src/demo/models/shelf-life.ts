import { byRank, type Share } from '../random.ts'
import type { ModelWorld } from '../world.ts'

const PRODUCTS: readonly Share[] = [
  { value: 'dairy', share: 0.3 },
  { value: 'produce', share: 0.27 },
  { value: 'meat', share: 0.23 },
  { value: 'fish', share: 0.2 },
]
const PACKAGING: readonly Share[] = [
  { value: 'vacuum', share: 0.4 },
  { value: 'gas', share: 0.35 },
  { value: 'open', share: 0.25 },
]
const STORAGE: Readonly<Record<string, Readonly<{ tempC: number; ph: number; days: number }>>> = {
  dairy: { tempC: 4.5, ph: 6.6, days: 18 },
  produce: { tempC: 6, ph: 5.2, days: 12 },
  meat: { tempC: 3, ph: 5.7, days: 10 },
  fish: { tempC: 1.5, ph: 6.8, days: 7 },
}
const KEEPS: Readonly<Record<string, number>> = { vacuum: 1.4, gas: 1.15, open: 0.8 }

const pickProduct = byRank(PRODUCTS)
const pickPackaging = byRank(PACKAGING)
const tenth = (value: number): number => Math.round(value * 10) / 10
const hundredth = (value: number): number => Math.round(value * 100) / 100

/** Days until chilled food should no longer be sold: cold rooms have no time of day. */
export const shelfLife: ModelWorld = {
  name: 'shelf-life',
  version: '2.3.0',
  eventsPerDay: 80_000,
  contexts: [
    { value: 'warehouse', share: 0.4 },
    { value: 'store', share: 0.35 },
    { value: 'transport', share: 0.25 },
  ],
  operations: [
    { value: 'estimate', share: 0.5 },
    { value: 'batch', share: 0.25 },
    { value: 'explain', share: 0.25 },
  ],
  errorRatio: 0.01,
  coverageRatio: 0.98,
  fallbackRatio: 0.02,
  latency: { medianMs: 45, sigma: 0.25, byOperation: { estimate: 1, batch: 1.1, explain: 1.2 } },
  numericFeatures: ['storage_temp_c', 'humidity_pct', 'ph', 'days_since_packing', 'weight_kg'],
  categoricalFeatures: { product: PRODUCTS, packaging: PACKAGING },
  businessRules: [],
  build: { service: 'shelf-life', commit: '5d0c1f2', image: 'shelf-life:2.3.0', dataVersion: 'cold-chain-12' },

  answer: (random, _context, reading) => {
    const product = pickProduct(random.uniform())
    const packaging = pickPackaging(random.uniform())
    const { tempC, ph, days } = STORAGE[product]
    const trueTempC = tempC + 0.8 * random.normal()
    const temp = tenth(reading('storage_temp_c', trueTempC))
    const age = tenth(reading('days_since_packing', 2.5 * random.exponential()))
    return {
      features: {
        storage_temp_c: temp,
        humidity_pct: tenth(reading('humidity_pct', Math.min(100, 84 - 2.5 * (trueTempC - 4) + 4 * random.normal()))),
        ph: tenth(reading('ph', ph + 0.2 * random.normal())),
        days_since_packing: age,
        weight_kg: hundredth(reading('weight_kg', 0.6 * Math.exp(0.5 * random.normal()))),
        product,
        packaging,
      },
      prediction: Math.max(0.1, tenth(days * KEEPS[packaging] * Math.exp(-0.1 * (temp - tempC)) - age)),
      itemCount: null,
      ruleEffects: [],
    }
  },
}
