import type { ModelConfig } from '../../config/config.ts'
import type { Dictionary } from '../../events/columns.ts'
import type { Aggregate } from '../aggregate.ts'
import { coverage } from './coverage.ts'
import { errors } from './errors.ts'
import { fallback } from './fallback.ts'
import { features, prediction } from './features.ts'
import { itemsAtLeast } from './items-at-least.ts'
import { latency } from './latency.ts'
import { ruleChanged } from './rule-changed.ts'
import { traffic } from './traffic.ts'

type AggregateFamily = (model: ModelConfig, dictionary: Dictionary) => readonly Aggregate[]

/**
 * Everything a pane accumulates, in the order of its cells. A new aggregate is a file beside this and a line here; its cells
 * change the layout, and panes of another layout never merge.
 */
const families = {
  traffic: () => [traffic],
  errors: () => [errors],
  coverage: () => [coverage],
  fallback: () => [fallback],
  itemsAtLeast: model => model.itemsAtLeast.map(itemsAtLeast),
  ruleChanged: (model, dictionary) => model.businessRules.map(rule => ruleChanged(rule, dictionary)),
  latency: () => [latency],
  prediction,
  features,
} satisfies Record<string, AggregateFamily>

/** The aggregates of a model, in a stable order. Throws where the dictionary lacks a name: it was made for other models. */
export const aggregatesFor = (model: ModelConfig, dictionary: Dictionary): readonly Aggregate[] =>
  Object.values<AggregateFamily>(families).flatMap(family => family(model, dictionary))
