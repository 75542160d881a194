import type { LimitsConfig, SegmentConfig } from '../config/config.ts'
import type { EventColumns } from '../events/columns.ts'
import type { FIELD_DIMENSIONS, ModelPlan, Plans } from './plan.ts'
import { OTHER, type Segment, type Series, seriesKey } from './series.ts'
import type { Vocabulary } from './vocabulary.ts'

/** A series that a partition has met, with room for what the caller keeps by series. */
export type KnownSeries<T> = Readonly<{ series: Series; key: string; plan: ModelPlan; own: T }>

/**
 * Finds the series that an event belongs to: its version's all-traffic series, and one for each configured segment of which
 * the event has every dimension. Text is compared by its interned code; what a code means is looked up once per generation.
 */
export type SeriesIndex<T> = Readonly<{
  /**
   * Puts the series of row `row` into `found` and returns how many there are; 0 when nothing watches the model.
   * `found[0]` is the all-traffic series.
   */
  find(columns: EventColumns, row: number, found: KnownSeries<T>[]): number
}>

/** Combinations of value indexes are packed into one number: 2^16 values of a dimension are more than any limit. */
const VALUE_RADIX = 65_536
const ABSENT = -1

type DimensionState = {
  column(columns: EventColumns): Int32Array
  name: string
  listed: readonly string[] | undefined
  values: string[]
  indexes: Map<string, number>
  /** By text code: index of the value, ABSENT for the empty text, undefined when not yet looked up. */
  byCode: (number | undefined)[]
}

type VersionState<T> = { version: string; all: KnownSeries<T>; segments: Map<number, KnownSeries<T>>[] }

type ModelState<T> = {
  model: string
  plan: ModelPlan
  versions: Map<string, VersionState<T>>
  byCode: (VersionState<T> | undefined)[]
  segments: readonly (readonly DimensionState[])[]
}

export const createSeriesIndex = <T>(
  plans: Plans,
  limits: LimitsConfig,
  vocabulary: Vocabulary,
  own: (series: Series, plan: ModelPlan) => T,
): SeriesIndex<T> => {
  const models = new Map<string, ModelState<T> | null>()
  let modelByCode: (ModelState<T> | null | undefined)[] = []
  let generation = -1

  const known = (series: Series, plan: ModelPlan): KnownSeries<T> => ({
    series,
    key: seriesKey(series),
    plan,
    own: own(series, plan),
  })

  const forgetCodes = (): void => {
    modelByCode = []
    for (const [name, model] of models) {
      if (!model) {
        models.delete(name) // unwatched names are remembered no longer than their codes: they may be many
        continue
      }
      model.byCode = []
      for (const dimensions of model.segments) for (const dimension of dimensions) dimension.byCode = []
    }
  }

  const modelState = (name: string): ModelState<T> | null => {
    const seen = models.get(name)
    if (seen !== undefined) return seen
    const plan = plans.planOf(name)
    const admitted = plan !== undefined && (plan.config.name === name || vocabulary.admit('models', name, limits.maxModels))
    const state = admitted
      ? { model: name, plan, versions: new Map(), byCode: [], segments: plan.config.segments.map(s => dimensionStates(s, plans)) }
      : null
    models.set(name, state)
    return state
  }

  const versionState = (model: ModelState<T>, text: string): VersionState<T> => {
    const version = vocabulary.admit(`versions ${model.model}`, text, limits.maxVersions) ? text : OTHER
    const seen = model.versions.get(version)
    if (seen) return seen
    const state = {
      version,
      all: known({ model: model.model, version, segment: {} }, model.plan),
      segments: model.segments.map(() => new Map<number, KnownSeries<T>>()),
    }
    model.versions.set(version, state)
    return state
  }

  const valueIndex = (model: ModelState<T>, dimension: DimensionState, text: string): number => {
    if (text === '') return ABSENT
    const admitted = dimension.listed
      ? dimension.listed.includes(text)
      : vocabulary.admit(`${dimension.name} ${model.model}`, text, limits.maxSegmentValues)
    const value = admitted ? text : OTHER
    const seen = dimension.indexes.get(value)
    if (seen !== undefined) return seen
    dimension.indexes.set(value, dimension.values.length)
    return dimension.values.push(value) - 1
  }

  const segmentOf = (dimensions: readonly DimensionState[], packed: number): Segment => {
    const values: [string, string][] = []
    for (let rest = packed, i = dimensions.length - 1; i >= 0; i--) {
      values.push([dimensions[i].name, dimensions[i].values[rest % VALUE_RADIX]])
      rest = Math.floor(rest / VALUE_RADIX)
    }
    return Object.fromEntries(values.sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  return {
    find: (columns, row, found) => {
      const { texts } = columns
      if (texts.generation !== generation) {
        forgetCodes()
        generation = texts.generation
      }
      const modelCode = columns.models[row]
      let model = modelByCode[modelCode]
      if (model === undefined) {
        model = modelState(texts.text(modelCode))
        modelByCode[modelCode] = model
      }
      if (model === null) return 0
      const versionCode = columns.versions[row]
      let version = model.byCode[versionCode]
      if (version === undefined) {
        version = versionState(model, texts.text(versionCode))
        model.byCode[versionCode] = version
      }
      found[0] = version.all
      let count = 1
      for (let s = 0; s < model.segments.length; s++) {
        const dimensions = model.segments[s]
        let packed = 0
        for (let d = 0; d < dimensions.length; d++) {
          const dimension = dimensions[d]
          const code = dimension.column(columns)[row]
          if (code < 0) {
            packed = ABSENT
            break
          }
          let index = dimension.byCode[code]
          if (index === undefined) {
            index = valueIndex(model, dimension, texts.text(code))
            dimension.byCode[code] = index
          }
          if (index === ABSENT) {
            packed = ABSENT
            break
          }
          packed = packed * VALUE_RADIX + index
        }
        if (packed === ABSENT) continue
        let series = version.segments[s].get(packed)
        if (series === undefined) {
          series = known({ model: model.model, version: version.version, segment: segmentOf(dimensions, packed) }, model.plan)
          version.segments[s].set(packed, series)
        }
        found[count++] = series
      }
      return count
    },
  }
}

const dimensionStates = (segment: SegmentConfig, plans: Plans): readonly DimensionState[] =>
  segment.dimensions.map(name => ({
    column: columnOf(name, plans),
    name,
    listed: segment.values[name],
    values: [],
    indexes: new Map(),
    byCode: [],
  }))

const columnOf = (dimension: string, plans: Plans): ((columns: EventColumns) => Int32Array) => {
  switch (dimension as (typeof FIELD_DIMENSIONS)[number]) {
    case 'context':
      return columns => columns.contexts
    case 'operation':
      return columns => columns.operations
    case 'gateway':
      return columns => columns.gateways
  }
  const at = plans.dictionary.segments.indexOf(dimension)
  return columns => columns.segments[at]
}
