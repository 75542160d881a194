import type { RuleEffect } from '../../events/prediction.ts'
import { byRank, type Share } from '../random.ts'
import type { ModelWorld } from '../world.ts'

const LOYALTY: readonly Share[] = [
  { value: 'gold', share: 0.22 },
  { value: 'silver', share: 0.33 },
  { value: 'none', share: 0.45 },
]
const DEVICES: readonly Share[] = [
  { value: 'app', share: 0.5 },
  { value: 'web', share: 0.3 },
  { value: 'tablet', share: 0.2 },
]
const MEAN_BASKET: Readonly<Record<string, number>> = { home: 2, product: 3, search: 2.5, cart: 5, checkout: 6 }
const LIKES: Readonly<Record<string, number>> = { gold: 0.5, silver: 0.2, none: 0 }
const MEAN_TENURE_MONTHS = 24
const MAX_ITEMS = 12

const effect = (rule: string, effect: string): RuleEffect => ({ rule, effect, before: null, after: null })
const STOCK = [effect('out-of-stock', 'none'), effect('out-of-stock', 'removed')]
const MARGIN = [effect('min-margin', 'none'), effect('min-margin', 'reordered')]
/** By [an item was out of stock][the list was reordered]. */
const EFFECTS = STOCK.map(stock => MARGIN.map(margin => [stock, margin]))

const pickDevice = byRank(DEVICES)
const pickLoyalty = byRank(LOYALTY)

/** What else to put into the basket; the prediction is how likely the first item is to be taken. */
export const basketRecommender: ModelWorld = {
  name: 'basket-recommender',
  version: '7.1.2',
  eventsPerDay: 120_000,
  contexts: [
    { value: 'home', share: 0.3 },
    { value: 'product', share: 0.25 },
    { value: 'search', share: 0.2 },
    { value: 'cart', share: 0.15 },
    { value: 'checkout', share: 0.1 },
  ],
  operations: [
    { value: 'recommend', share: 0.5 },
    { value: 'similar', share: 0.3 },
    { value: 'rerank', share: 0.2 },
  ],
  errorRatio: 0.01,
  coverageRatio: 0.97,
  fallbackRatio: 0.03,
  latency: { medianMs: 80, sigma: 0.25, byOperation: { recommend: 1, similar: 1, rerank: 1 } },
  numericFeatures: ['basket_size', 'basket_value_eur', 'days_since_visit', 'visits_30d', 'tenure_months'],
  categoricalFeatures: { loyalty: LOYALTY, device: DEVICES },
  businessRules: ['out-of-stock', 'min-margin'],
  build: { service: 'basket-recommender', commit: 'a81e7c4', image: 'basket-recommender:7.1.2', dataVersion: 'baskets-204' },

  answer: (random, context, reading) => {
    const size = reading('basket_size', 1 + random.poisson(MEAN_BASKET[context]))
    const value = Math.round(reading('basket_value_eur', size * 9 * Math.exp(0.45 * random.normal())) * 100) / 100
    const daysAway = Math.floor(reading('days_since_visit', 9 * random.exponential()))
    const tenure = random.exponential()
    // members of long standing are gold more often; mixing two uniform ranks leaves the shares as stated
    const rank = random.uniform()
    const loyalty = pickLoyalty(random.uniform() < 0.6 ? Math.exp(-tenure) : rank)
    const visits = reading('visits_30d', random.poisson(1 + 7 * Math.exp(-daysAway / 9)))
    const removed = random.uniform() < 0.12 ? 1 : 0
    const reordered = random.uniform() < 0.08 ? 1 : 0
    const logit = -2.2 + 0.4 * Math.log(value / 20) + 0.05 * visits + LIKES[loyalty] + 0.3 * random.normal()
    return {
      features: {
        basket_size: size,
        basket_value_eur: value,
        days_since_visit: daysAway,
        visits_30d: visits,
        tenure_months: Math.floor(reading('tenure_months', MEAN_TENURE_MONTHS * tenure)),
        loyalty,
        device: pickDevice(random.uniform()),
      },
      prediction: Math.round(1e4 / (1 + Math.exp(-logit))) / 1e4,
      itemCount: Math.min(MAX_ITEMS, 4 + random.poisson(5)) - removed,
      ruleEffects: EFFECTS[removed][reordered],
    }
  },
}
