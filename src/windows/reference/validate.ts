import { canonicalJson } from './canonical.ts'
import type { Reference } from './reference.ts'
import { profileProblems } from './validate-profile.ts'
import { isCount, isRecord, shown } from './validate-values.ts'

export type ReferenceCheck = Readonly<{ kind: 'ok'; reference: Reference } | { kind: 'invalid'; problems: readonly string[] }>

const AGAIN = 'build it again with `tidemark reference build`'

/**
 * A parsed JSON file as a reference, or everything that is wrong with it: what, where, and the cure. With `sha256Hex` the version
 * must be that of the content too: a reference that was edited by hand would pass for the one that windows were compared with.
 */
export const validateReference = (json: unknown, sha256Hex?: (text: string) => string): ReferenceCheck => {
  if (!isRecord(json)) return { kind: 'invalid', problems: [`a reference is a JSON object, not ${shown(json)}: ${AGAIN}`] }
  if (json.format !== 1) return { kind: 'invalid', problems: [`format is ${shown(json.format)}, this release reads 1: ${AGAIN}`] }
  const problems = [...headProblems(json), ...profilesProblems(json), ...segmentsProblems(json.segments)]
  if (problems.length > 0) return { kind: 'invalid', problems }
  const reference = json as Reference // every member was checked above
  if (sha256Hex === undefined) return { kind: 'ok', reference }
  const { version, ...content } = json
  const actual = sha256Hex(canonicalJson(content)).slice(0, 12)
  if (actual === version) return { kind: 'ok', reference }
  const changed = `version is ${shown(version)}, the content's is "${actual}": the file was changed after it was built; ${AGAIN}`
  return { kind: 'invalid', problems: [changed] }
}

const headProblems = (json: Record<string, unknown>): readonly string[] => {
  const problems: string[] = []
  if (typeof json.version !== 'string' || !/^[0-9a-f]{12}$/.test(json.version)) {
    problems.push(`version is ${shown(json.version)}, not 12 hex digits: ${AGAIN}`)
  }
  if (typeof json.model !== 'string' || json.model === '') problems.push(`model is ${shown(json.model)}, not a name: ${AGAIN}`)
  if (!isCount(json.samples) || json.samples === 0)
    problems.push(`samples is ${shown(json.samples)}, not a count above 0: ${AGAIN}`)
  for (const key of ['startMs', 'endMs'] as const) {
    if (typeof json[key] !== 'number' || !Number.isFinite(json[key])) {
      problems.push(`${key} is ${shown(json[key])}, not milliseconds since the epoch: ${AGAIN}`)
    }
  }
  if (typeof json.startMs === 'number' && typeof json.endMs === 'number' && json.startMs > json.endMs) {
    problems.push(`startMs ${json.startMs} is after endMs ${json.endMs}: ${AGAIN}`)
  }
  return problems
}

const profilesProblems = (json: Record<string, unknown>): readonly string[] => {
  const ofPrediction =
    json.prediction === null ? [] : profileProblems('prediction', json.prediction).map(problem => `${problem}: ${AGAIN}`)
  if (!isRecord(json.features))
    return [`features is ${shown(json.features)}, not an object of profiles: ${AGAIN}`, ...ofPrediction]
  const ofFeatures = Object.entries(json.features).flatMap(([name, profile]) => profileProblems(`features.${name}`, profile))
  return [...ofFeatures.map(problem => `${problem}: ${AGAIN}`), ...ofPrediction]
}

const segmentsProblems = (segments: unknown): readonly string[] => {
  if (!isRecord(segments)) return [`segments is ${shown(segments)}, not an object of lists: ${AGAIN}`]
  return Object.entries(segments).flatMap(([dimension, values]) => {
    const isList = Array.isArray(values) && values.every(value => typeof value === 'string')
    if (!isList) return [`segments.${dimension} is ${shown(values)}, not a list of texts: ${AGAIN}`]
    const twice = values.find((value, i) => values.indexOf(value) !== i)
    return twice === undefined ? [] : [`segments.${dimension} has ${shown(twice)} twice: remove one, or ${AGAIN}`]
  })
}
