import type { Expected, ExpectedWindow } from './oracle.ts'
import { keyOf } from './oracle.ts'

/** What left a run: by id and revision, and what differed between repeats. */
export type Left = Readonly<{
  values: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  repeats: number
  problems: readonly string[]
}>

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/** One value per id and revision, however often it was delivered. */
export const onePerId = (what: string, records: readonly Record<string, unknown>[]): Left => {
  const values = new Map<string, Readonly<Record<string, unknown>>>()
  const problems: string[] = []
  for (const record of records) {
    const id = `${record.id} r${record.revision}`
    const before = values.get(id)
    if (before && JSON.stringify(plain(before)) !== JSON.stringify(plain(record)))
      problems.push(`${what} ${id} left with two values: ${JSON.stringify(before)} and ${JSON.stringify(record)}`)
    values.set(id, record)
  }
  return { values, repeats: records.length - values.size, problems }
}

/** Window results against the batch recomputation: the same windows, counts exactly, sums within 1e-9. */
export const compareWindows = (left: Left, expected: Expected): readonly string[] => {
  const problems: string[] = []
  const seen = new Set<string>()
  for (const result of left.values.values()) {
    const key = keyOfResult(result)
    seen.add(key)
    const exact = expected.windows.get(key)
    if (exact === undefined) problems.push(`${key} left, and there is no such window`)
    else problems.push(...differencesOf(result, exact).map(difference => `${key}: ${difference}`))
  }
  for (const key of expected.windows.keys()) if (!seen.has(key)) problems.push(`${key} never left`)
  return problems
}

const keyOfResult = (result: Readonly<Record<string, unknown>>): string => {
  const segment = result.segment as Readonly<Record<string, string>>
  return keyOf(
    String(result.model),
    String(result.version),
    segment.gateway ?? '',
    String(result.window),
    new Date(result.end as Date | number).getTime(),
    Number(result.revision),
  )
}

type Measured = Readonly<{ metric: string; value: number | null; n: number }>

const differencesOf = (result: Readonly<Record<string, unknown>>, exact: ExpectedWindow): readonly string[] => {
  const measures = result.measures as readonly Measured[]
  const of = (metric: string): number | null => measures.find(measure => measure.metric === metric)?.value ?? null
  const problems: string[] = []
  const same = (what: string, said: unknown, should: unknown): void => {
    if (said !== should) problems.push(`${what} ${said}, should be ${should}`)
  }
  const close = (what: string, said: number | null, should: number): void => {
    if (said === null || Math.abs(said - should) > 1e-9 * Math.max(1, Math.abs(should)))
      problems.push(`${what} ${said}, should be ${should}`)
  }
  same('complete', result.complete, true)
  same('samples', Number(result.samples), exact.samples)
  same('late', Number(result.late), exact.late)
  close('error_ratio', of('error_ratio'), exact.errors / exact.samples)
  close('latency_mean_ms', of('latency_mean_ms'), exact.latencySumMs / exact.samples)
  close('latency_max_ms', of('latency_max_ms'), exact.latencyMaxMs)
  return problems
}

/** What one run said and another did not, or said otherwise. */
export const compareRuns = (what: string, left: Left, calm: Left): readonly string[] => {
  const problems: string[] = []
  for (const [id, value] of left.values) {
    const other = calm.values.get(id)
    if (other === undefined) problems.push(`${what} ${id} left, and not from the undisturbed run`)
    else if (JSON.stringify(plain(value)) !== JSON.stringify(plain(other)))
      problems.push(`${what} ${id}: ${JSON.stringify(value)}, undisturbed ${JSON.stringify(other)}`)
  }
  for (const id of calm.values.keys()) if (!left.values.has(id)) problems.push(`${what} ${id} left the undisturbed run only`)
  return problems
}

/** In the compacted topic the last record of a fingerprint is what holds now: it must be the newest. */
export const compareStates = (alerts: readonly Record<string, unknown>[]): readonly string[] => {
  const last = new Map<string, number>()
  const highest = new Map<string, number>()
  for (const { fingerprint, sequence } of alerts) {
    const name = String(fingerprint)
    last.set(name, Number(sequence))
    highest.set(name, Math.max(highest.get(name) ?? 0, Number(sequence)))
  }
  return [...last]
    .filter(([name, sequence]) => sequence !== highest.get(name))
    .map(([name, sequence]) => `the last alert of ${name} has sequence ${sequence}, the newest ${highest.get(name)}`)
}
