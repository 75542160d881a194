import type { Contributor } from '../alert.ts'
import type { DriftInput, DriftOutcome, DriftTest } from '../drift/drift-test.ts'
import { driftTests } from '../drift/index.ts'
import { type Measure, measure, notEnoughData } from '../measure.ts'

const TESTS: readonly (readonly [string, DriftTest])[] = Object.entries(driftTests)
const EFFECT = '_effect'
/** Contributors an alert names. */
const TOP = 5

/** `<test>` and `<test>_effect` of every test that can be asked about this scale; the p-value on both. */
export const driftMeasures = (subject: string, input: DriftInput): readonly Measure[] =>
  TESTS.filter(([, test]) => test.scales.includes(input.scale)).flatMap(([name, test]) =>
    outcomeMeasures(name, subject, test.measure(input)),
  )

const outcomeMeasures = (name: string, subject: string, outcome: DriftOutcome): readonly Measure[] => {
  const { n } = outcome
  switch (outcome.kind) {
    case 'not_enough_data':
      return [notEnoughData(name, subject, n), notEnoughData(name + EFFECT, subject, n)]
    case 'ok':
      return [
        { ...measure(name, subject, outcome.value, n), pValue: outcome.pValue },
        { ...measure(name + EFFECT, subject, outcome.effect, n), pValue: outcome.pValue },
      ]
  }
}

/** The bins that made a test's score, largest contribution first, ties in bin order. */
export const driftContributors = (
  metric: string,
  input: DriftInput,
  kind: Contributor['kind'],
  nameOf: (members: readonly number[]) => string,
): readonly Contributor[] => {
  const found = TESTS.find(([name]) => metric === name || metric === name + EFFECT)
  if (found === undefined) return []
  const [, test] = found
  if (!test.scales.includes(input.scale)) return []
  return test
    .contributions(input)
    .filter(bin => bin.contribution > 0)
    .toSorted((a, b) => b.contribution - a.contribution)
    .slice(0, TOP)
    .map(({ members, share, referenceShare, contribution }) => ({
      kind,
      name: nameOf(members),
      share,
      referenceShare,
      contribution,
    }))
}
