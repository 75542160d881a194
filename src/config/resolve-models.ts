import type { Reference } from '../windows/reference/reference.ts'
import { suggest } from './closest.ts'
import type { FeatureConfig, ModelConfig } from './config.ts'
import { isRecord } from './kinds.ts'
import type { Path } from './problem.ts'
import { present, type ResolveContext, reportRepeats } from './resolve-context.ts'
import { resolveSegments } from './resolve-segments.ts'
import { resolveWindows } from './resolve-windows.ts'
import type { ConfigFile } from './schema.ts'
import type { ModelEntry } from './schema-models.ts'

export const ANY_MODEL = '*'

/** A model, with what rules must know of it to judge names fairly when parts of it were found bad. */
export type ModelView = Readonly<{
  config: ModelConfig
  path: Path
  /** A reference is named but could not be read: what it would have known is not called unknown. */
  referenceFailed: boolean
  /** Names of windows and features that were written, good or bad. */
  windowNames: ReadonlySet<string>
  featureNames: ReadonlySet<string>
  /** Some entry of the list was bad, so that what it named is not known. */
  uncertain: Readonly<{ windows: boolean; segments: boolean }>
}>

export const resolveModels = (file: ConfigFile, context: ResolveContext): readonly ModelView[] => {
  const { report, given } = context
  if (file.models.length === 0)
    report(['models'], 'lists no model', "name the models to watch, or `- name: '*'` for every model that publishes")
  reportRepeats(
    file.models.map(model => model?.name),
    i => ['models', i, 'name'],
    report,
  )
  return present(file.models).map(([i, entry]): ModelView => {
    const path: Path = ['models', i]
    const reference = resolveReference(entry, path, context)
    const windows = resolveWindows(entry, path, context)
    const features = resolveFeatures(entry, path, reference.profile, context)
    const segments = resolveSegments(entry, path, reference.profile, file.limits.maxSegmentValues, context)
    reportRepeats(entry.itemsAtLeast, k => [...path, 'itemsAtLeast', k], report)
    reportRepeats(entry.businessRules, k => [...path, 'businessRules', k], report)
    const writtenFeatures = given([...path, 'features'])
    const writtenWindows = given([...path, 'windows'])
    return {
      path,
      config: {
        name: entry.name,
        reference: reference.profile,
        windows,
        segments,
        features,
        itemsAtLeast: present(entry.itemsAtLeast).map(([, k]) => k),
        businessRules: present(entry.businessRules).map(([, rule]) => rule),
      },
      referenceFailed: reference.failed,
      windowNames: new Set([
        ...windows.map(window => window.name),
        ...(Array.isArray(writtenWindows) ? writtenWindows.flatMap(writtenName) : []),
      ]),
      featureNames: new Set([...Object.keys(features), ...(isRecord(writtenFeatures) ? Object.keys(writtenFeatures) : [])]),
      uncertain: {
        windows: entry.windows.some(
          (window, k) => window === undefined && writtenName(given([...path, 'windows', k])).length === 0,
        ),
        segments: entry.segments.some(segment => segment === undefined || segment.by.some(dimension => dimension === undefined)),
      },
    }
  })
}

const writtenName = (window: unknown): readonly string[] =>
  isRecord(window) && typeof window.name === 'string' ? [window.name] : []

type ReferenceState = Readonly<{ profile: Reference | null; failed: boolean }>

const resolveReference = (entry: ModelEntry, path: Path, { report, readReference, given }: ResolveContext): ReferenceState => {
  const at = [...path, 'reference']
  if (entry.reference === undefined) return { profile: null, failed: given(at) !== undefined && given(at) !== null }
  const read = readReference(entry.reference)
  if (read.kind === 'bad') {
    report(at, read.message, read.cure)
    return { profile: null, failed: true }
  }
  if (read.value.model === entry.name) return { profile: read.value, failed: false }
  if (entry.name === ANY_MODEL)
    report(
      at,
      `is of model \`${read.value.model}\`, and \`*\` is every model that is not named`,
      `name the model: - name: ${read.value.model}`,
    )
  else
    report(
      at,
      `is of model \`${read.value.model}\`, not of \`${entry.name}\``,
      `build one from predictions of \`${entry.name}\`, or name the model \`${read.value.model}\``,
    )
  return { profile: null, failed: true }
}

const resolveFeatures = (
  entry: ModelEntry,
  path: Path,
  reference: Reference | null,
  { report }: ResolveContext,
): ModelConfig['features'] => {
  const features: Record<string, FeatureConfig> = {}
  for (const [name, profile] of Object.entries(reference?.features ?? {}))
    features[name] = {
      kind: profile.kind,
      range: profile.kind === 'numeric' && profile.n > 0 ? [profile.min, profile.max] : null,
    }
  for (const [name, feature] of Object.entries(entry.features)) {
    const at = [...path, 'features', name]
    const known = reference?.features[name]
    const kind = feature.kind ?? known?.kind
    if (name === 'prediction' || name === '')
      report(
        at,
        `\`${name}\` cannot be the name of a feature`,
        'the prediction itself is always measured, as `prediction`: remove this',
      )
    else if (kind === undefined) {
      const cure =
        reference === null
          ? 'say `numeric` or `categorical`'
          : `${suggest(name, Object.keys(reference.features))} Or say \`numeric\` or \`categorical\``
      report(at, 'has no kind, and no reference knows it', cure)
    } else if (known !== undefined && feature.kind !== undefined && known.kind !== feature.kind)
      report(
        [...at, 'kind'],
        `is \`${feature.kind}\` here and \`${known.kind}\` in the reference`,
        `write \`${known.kind}\`, or build the reference again`,
      )
    else if (kind === 'categorical' && feature.range !== undefined)
      report([...at, 'range'], 'is given for a categorical feature', 'remove it: only numbers have a range')
    else features[name] = { kind, range: feature.range ?? features[name]?.range ?? null }
  }
  return features
}
