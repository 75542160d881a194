import type { FeatureConfig, ModelConfig } from '../../config/config.ts'
import type { Dictionary } from '../../events/columns.ts'
import type { Aggregate } from '../aggregate.ts'
import type { FeatureProfile } from '../reference/reference.ts'
import { categorical } from './categorical.ts'
import { columnOf } from './column-of.ts'
import { plainNumeric } from './numeric-plain.ts'
import { profiledNumeric } from './numeric-profiled.ts'
import type { Subject } from './subject.ts'

/** One aggregate for each feature that the configuration or the reference names, by name: the layout must not depend on a file's order. */
export const features = (model: ModelConfig, dictionary: Dictionary): readonly Aggregate[] => {
  const profiles = new Map(Object.entries(model.reference?.features ?? {}))
  const configured = new Map(Object.entries(model.features))
  return [...new Set([...profiles.keys(), ...configured.keys()])].sort().map(name => {
    const column = columnOf(dictionary.features, name, 'feature')
    const subject = { aggregate: `feature:${name}`, name, column: columns => columns.features[column] } satisfies Subject
    return valueAggregate(subject, configured.get(name) ?? null, profiles.get(name) ?? null)
  })
}

/** The prediction as a value, where the reference knows of what kind it is; without one, `coverage_ratio` alone speaks of it. */
export const prediction = (model: ModelConfig): readonly Aggregate[] => {
  const profile = model.reference?.prediction ?? null
  if (profile === null) return []
  return [valueAggregate({ aggregate: 'prediction', name: 'prediction', column: columns => columns.prediction }, null, profile)]
}

const valueAggregate = (subject: Subject, config: FeatureConfig | null, profile: FeatureProfile | null): Aggregate => {
  const kind = config?.kind ?? profile?.kind
  const range = config?.range ?? null
  if (profile !== null && profile.kind !== kind) {
    throw new Error(
      `${subject.aggregate} is configured as ${kind}, but the reference profiles it as ${profile.kind}: build the reference with ` +
        'that kind, or change the configuration',
    )
  }
  if (profile?.kind === 'categorical' || kind === 'categorical')
    return categorical(subject, profile?.kind === 'categorical' ? profile : null)
  return profile === null || profile.kind !== 'numeric' ? plainNumeric(subject, range) : profiledNumeric(subject, profile, range)
}
