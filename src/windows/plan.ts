import type { Config, ModelConfig } from '../config/config.ts'
import type { Dictionary } from '../events/columns.ts'
import { aggregatesFor } from './aggregates/index.ts'
import { createLayout, type Layout } from './layout.ts'
import { type PaneClass, paneClasses } from './time.ts'

/** How one model is watched: its configuration, made ready. */
export type ModelPlan = Readonly<{
  config: ModelConfig
  layout: Layout
  classes: readonly PaneClass[]
}>

/** Every model's plan; `planOf` is undefined for a model that nothing watches. */
export type Plans = Readonly<{
  dictionary: Dictionary
  planOf(model: string): ModelPlan | undefined
  named: readonly ModelPlan[]
  /** Every pane class of every plan, for walking stored panes. */
  classes: readonly PaneClass[]
  /** The longest a pane can be needed after its start: largest window, and lateness. */
  reachMs: number
  /** The longest step from one window to the next. */
  maxEveryMs: number
}>

const ANY_MODEL = '*'
/** Dimensions that are fields of the event; all others are keys of its `segments` map. */
export const FIELD_DIMENSIONS = ['context', 'operation', 'gateway'] as const

/** The names that the decoder must look for. */
export const dictionaryOf = (models: readonly ModelConfig[]): Dictionary => {
  const features = new Set<string>()
  const segments = new Set<string>()
  const businessRules = new Set<string>()
  for (const model of models) {
    for (const name of featureNames(model)) features.add(name)
    for (const { dimensions } of model.segments) for (const d of dimensions) segments.add(d)
    for (const rule of model.businessRules) businessRules.add(rule)
  }
  for (const field of FIELD_DIMENSIONS) segments.delete(field)
  return { features: [...features].sort(), segments: [...segments].sort(), businessRules: [...businessRules].sort() }
}

/** What decides what a model's cells mean, beside the aggregates' names: bins and vocabularies, and ranges. */
const meaningOf = ({ reference, features }: ModelConfig): string => {
  const ranges = Object.entries(features).map(([name, { range }]) => [name, range] as const)
  return JSON.stringify([reference?.version ?? null, ranges.sort(([a], [b]) => (a < b ? -1 : 1))])
}

/** Declared features: those of the reference and those of the configuration. */
export const featureNames = (model: ModelConfig): readonly string[] =>
  [...new Set([...Object.keys(model.reference?.features ?? {}), ...Object.keys(model.features)])].sort()

export const createPlans = (config: Pick<Config, 'models' | 'time'>): Plans => {
  const dictionary = dictionaryOf(config.models)
  const named = config.models.map(
    (model): ModelPlan => ({
      config: model,
      layout: createLayout(aggregatesFor(model, dictionary), meaningOf(model)),
      classes: paneClasses(model.windows),
    }),
  )
  const byName = new Map(named.map(plan => [plan.config.name, plan]))
  const classes = named.flatMap(plan => plan.classes)
  return {
    dictionary,
    planOf: model => byName.get(model) ?? byName.get(ANY_MODEL),
    named,
    classes,
    reachMs: Math.max(0, ...classes.map(c => c.maxSizeMs)) + config.time.allowedLatenessMs,
    maxEveryMs: Math.max(0, ...classes.flatMap(c => c.windows.map(({ everyMs }) => everyMs))),
  }
}
