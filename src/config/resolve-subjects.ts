import type { FeatureProfile } from '../windows/reference/reference.ts'
import { suggest } from './closest.ts'
import { type MetricName, metricFacts } from './metrics.ts'
import type { Path } from './problem.ts'
import type { DriftSubjects } from './resolve-conditions.ts'
import type { ResolveContext } from './resolve-context.ts'
import { ANY_MODEL, type ModelView } from './resolve-models.ts'
import { modelNames, narrow } from './resolve-rules.ts'
import type { RuleEntry } from './schema-rules.ts'

const PREDICTION = 'prediction'

/** Does every judged model measure this metric of this subject? */
export const checkMetricSubject = (
  entry: RuleEntry,
  metric: MetricName,
  subject: string | null,
  path: Path,
  judged: readonly ModelView[],
  context: ResolveContext,
): void => {
  const { report } = context
  const facts = metricFacts(metric)
  const at = [...path, 'subject']
  switch (facts.subjects) {
    case 'none':
      if (subject !== null)
        report(at, `${metric} is measured of the whole series, not of \`${subject}\``, `write \`${metric}\` alone`)
      return
    case 'items-at-least':
      checkListed(entry, subject, judged, 'itemsAtLeast', model => model.config.itemsAtLeast.map(String), at, context)
      return
    case 'business-rules':
      checkListed(entry, subject, judged, 'businessRules', model => model.config.businessRules, at, context)
      return
    case 'values':
      if (facts.needsReference) checkReferences(entry, judged, [...path, 'metric'], context)
      if (subject === null) checkAnyValue(entry, metric, facts.kind, [...path, 'metric'], judged, context)
      else checkValue(entry, subject, facts.kind, facts.needsReference, at, judged, context)
      if (metric === 'out_of_range_ratio' && subject !== null && subject !== PREDICTION) checkRange(subject, at, judged, context)
      return
  }
}

const checkListed = (
  entry: RuleEntry,
  subject: string | null,
  judged: readonly ModelView[],
  key: 'itemsAtLeast' | 'businessRules',
  listed: (model: ModelView) => readonly string[],
  at: Path,
  { report, given }: ResolveContext,
): void => {
  const sure = judged.filter(model => {
    const written = given([...model.path, key])
    return !Array.isArray(written) || written.length === listed(model).length
  })
  const lacking = sure.filter(model => (subject === null ? listed(model).length === 0 : !listed(model).includes(subject)))
  if (lacking.length === 0) return
  const known = [...new Set(lacking.flatMap(listed))]
  const cure =
    known.length === 0 || subject === null
      ? `give the model \`${key}: [${subject ?? (key === 'itemsAtLeast' ? 5 : 'cap-price')}]\``
      : suggest(subject, known)
  const what = subject === null ? `nothing is listed under \`${key}\`` : `\`${subject}\` is not listed under \`${key}\``
  report(at, `${what} of ${modelNames(lacking)}`, cure + narrow(entry, judged, lacking))
}

const checkReferences = (entry: RuleEntry, judged: readonly ModelView[], at: Path, { report }: ResolveContext): void => {
  const lacking = judged.filter(model => model.config.reference === null && !model.referenceFailed)
  if (lacking.length === 0) return
  const cure = lacking.some(model => model.config.name === ANY_MODEL)
    ? 'name the models to judge, each with a reference'
    : 'give the model `reference: FILE` (`tidemark reference build` makes one)'
  report(at, `drift needs a reference, and ${modelNames(lacking)} has none`, cure + narrow(entry, judged, lacking))
}

type Kind = 'numeric' | 'categorical'

/** A rule about every value of a kind needs one at least. */
const checkAnyValue = (
  entry: RuleEntry,
  metric: MetricName,
  kind: Kind | null,
  at: Path,
  judged: readonly ModelView[],
  { report }: ResolveContext,
): void => {
  const lacking = judged.filter(model => {
    const { features, reference } = model.config
    const kinds = [...Object.values(features), ...(reference?.prediction ? [reference.prediction] : [])].map(value => value.kind)
    const sure = !model.referenceFailed && Object.keys(features).length === model.featureNames.size
    return sure && !kinds.some(found => kind === null || found === kind)
  })
  if (lacking.length === 0) return
  const what = kind === null ? 'no features' : `no ${kind} features`
  report(
    at,
    `${metric} is measured of features, and ${modelNames(lacking)} has ${what}`,
    `give the model \`features: { NAME: ${kind ?? 'numeric'} }\` or a reference${narrow(entry, judged, lacking)}`,
  )
}

const checkRange = (subject: string, at: Path, judged: readonly ModelView[], { report }: ResolveContext): void => {
  const lacking = judged.filter(
    model => model.config.features[subject]?.kind === 'numeric' && model.config.features[subject].range === null,
  )
  if (lacking.length > 0)
    report(
      at,
      `\`${subject}\` of ${modelNames(lacking)} has no range`,
      `give it one: \`features: { ${subject}: { kind: numeric, range: [LOW, HIGH] } }\``,
    )
}

/** Is the value watched, of the right kind, and, for drift, in the reference? */
const checkValue = (
  entry: RuleEntry,
  subject: string,
  kind: Kind | null,
  needsReference: boolean,
  at: Path,
  judged: readonly ModelView[],
  { report }: ResolveContext,
): void => {
  const unknown = judged.filter(model => subject !== PREDICTION && !model.featureNames.has(subject) && !model.referenceFailed)
  if (unknown.length > 0) {
    const names = [...new Set(unknown.flatMap(model => [...model.featureNames]))]
    const declare = `list it: \`features: { ${subject}: ${kind ?? 'numeric'} }\``
    report(
      at,
      `\`${subject}\` is not a feature of ${modelNames(unknown)}`,
      suggest(subject, [...names, PREDICTION], declare) + narrow(entry, judged, unknown),
    )
  }
  for (const model of judged.filter(judgedModel => !unknown.includes(judgedModel) && !judgedModel.referenceFailed)) {
    const profile = profileOf(model, subject)
    const found = model.config.features[subject]?.kind ?? profile?.kind
    if (kind !== null && found !== undefined && found !== kind)
      report(
        at,
        `\`${subject}\` of ${modelNames([model])} is ${found}, and this is measured of ${kind} values only`,
        kind === 'numeric' ? 'use psi, which takes both kinds, or name a numeric feature' : 'name a categorical feature',
      )
    else if (subject === PREDICTION && model.config.reference === null && !needsReference)
      report(
        at,
        `the prediction of ${modelNames([model])} is of no known kind`,
        'give the model a reference: it says whether predictions are numbers',
      )
    else if ((needsReference || subject === PREDICTION) && model.config.reference !== null && profile === null)
      report(
        at,
        `the reference of ${modelNames([model])} does not have \`${subject}\``,
        'build the reference again from events that have it, or leave it out here',
      )
  }
}

const profileOf = (model: ModelView, subject: string): FeatureProfile | null => {
  const { reference } = model.config
  return (subject === PREDICTION ? reference?.prediction : reference?.features[subject]) ?? null
}

export const checkDriftSubjects = (
  entry: RuleEntry,
  test: 'psi' | 'ks',
  subjects: DriftSubjects,
  path: Path,
  judged: readonly ModelView[],
  context: ResolveContext,
): void => {
  const { report, given } = context
  checkReferences(entry, judged, [...path, 'drift'], context)
  const kind = test === 'ks' ? 'numeric' : null
  if (typeof subjects !== 'string') {
    const single = typeof given([...path, 'subjects']) === 'string'
    subjects.forEach((subject, i) => {
      checkValue(entry, subject, kind, true, single ? [...path, 'subjects'] : [...path, 'subjects', i], judged, context)
    })
    return
  }
  const at = given([...path, 'subjects']) === undefined ? [...path, 'drift'] : [...path, 'subjects']
  if (subjects === 'prediction') {
    checkValue(entry, PREDICTION, kind, true, at, judged, context)
    return
  }
  const tested = (profile: FeatureProfile | null | undefined): boolean =>
    profile != null && (kind === null || profile.kind === kind)
  const lacking = judged.filter(({ config: { reference } }) => {
    if (reference === null) return false
    if (subjects === 'all' && tested(reference.prediction)) return false
    return !Object.values(reference.features).some(tested)
  })
  if (lacking.length > 0)
    report(
      at,
      `the reference of ${modelNames(lacking)} has no ${kind === null ? '' : `${kind} `}feature to test`,
      kind === null
        ? 'build the reference from events with features, or write `subjects: prediction`'
        : 'use `drift: psi`, which takes categorical features too',
    )
}
