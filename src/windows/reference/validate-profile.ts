import { LARGEST } from '../stats/largest.ts'
import { isCount, isRecord, shown } from './validate-values.ts'

const MAX_BINS = 100

/** What is wrong with the profile at `where`; empty when nothing is. */
export const profileProblems = (where: string, profile: unknown): readonly string[] => {
  if (!isRecord(profile)) return [`${where} is ${shown(profile)}, not a profile`]
  const counts = ['n', 'missing']
    .filter(key => !isCount(profile[key]))
    .map(key => `${where}.${key} is ${shown(profile[key])}, not a count`)
  if (profile.kind === 'numeric') return [...counts, ...numericProblems(where, profile)]
  if (profile.kind === 'categorical') return [...counts, ...categoricalProblems(where, profile)]
  return [`${where}.kind is ${shown(profile.kind)}, neither "numeric" nor "categorical"`]
}

const numericProblems = (where: string, profile: Record<string, unknown>): readonly string[] => {
  const { n, mean, std, min, max } = profile
  const problems = ['mean', 'std', 'min', 'max']
    .filter(key => !isNumber(profile[key]))
    .map(key => `${where}.${key} is ${shown(profile[key])}, not a finite number`)
  if (!isCount(profile.notFinite)) problems.push(`${where}.notFinite is ${shown(profile.notFinite)}, not a count`)
  if (n === 0) problems.push(`${where}.n is 0: a profile of nothing compares with nothing`)
  if (isNumber(std) && std < 0) problems.push(`${where}.std is ${std}, below 0`)
  if (isNumber(min) && isNumber(max) && isNumber(mean) && !(min <= mean && mean <= max)) {
    problems.push(`${where} has min ${min}, mean ${mean}, max ${max}, which do not rise`)
  }
  return [...problems, ...binProblems(where, profile)]
}

const binProblems = (where: string, { n, edges, counts }: Record<string, unknown>): readonly string[] => {
  if (!Array.isArray(edges) || !edges.every(isNumber)) return [`${where}.edges is ${shown(edges)}, not a list of finite numbers`]
  if (!Array.isArray(counts) || !counts.every(isCount)) return [`${where}.counts is ${shown(counts)}, not a list of counts`]
  const problems: string[] = []
  const fall = edges.findIndex((edge, i) => i > 0 && edge <= edges[i - 1])
  if (fall > 0) problems.push(`${where}.edges does not rise at position ${fall}: ${edges[fall]} after ${edges[fall - 1]}`)
  if (edges.length >= MAX_BINS) problems.push(`${where}.edges has ${edges.length} edges, more than ${MAX_BINS - 1}`)
  if (counts.length !== edges.length + 1) {
    problems.push(`${where}.counts has ${counts.length} bins, ${edges.length} edges make ${edges.length + 1}`)
  }
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (isCount(n) && total !== n) problems.push(`${where}.counts sums to ${total}, not to n = ${n}`)
  return problems
}

const categoricalProblems = (where: string, { n, values }: Record<string, unknown>): readonly string[] => {
  if (!Array.isArray(values)) return [`${where}.values is ${shown(values)}, not a list`]
  const problems: string[] = []
  const seen = new Set<string>()
  let total = 0
  values.forEach((entry: unknown, i) => {
    if (!isRecord(entry) || typeof entry.value !== 'string' || !isCount(entry.count)) {
      problems.push(`${where}.values[${i}] is ${shown(entry)}, not {"value": text, "count": count}`)
      return
    }
    if (seen.has(entry.value)) problems.push(`${where}.values has ${shown(entry.value)} twice`)
    seen.add(entry.value)
    total += entry.count
  })
  if (values.length === 0) problems.push(`${where}.values is empty: a profile of nothing compares with nothing`)
  if (isCount(n) && total > n) problems.push(`${where}.values sums to ${total}, above n = ${n}`)
  return problems
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Math.abs(value) <= LARGEST
