/**
 * What is measured by itself: one version of a model (or `*`, all versions merged at firing), in one segment.
 * A segment is a set of dimension values; the empty set is all traffic.
 */
export type Series = Readonly<{ model: string; version: string; segment: Segment }>

/** Dimension to value, sorted by dimension. */
export type Segment = Readonly<Record<string, string>>

export const ALL_VERSIONS = '*'
/** The value that a vocabulary's limit leaves for the rest. */
export const OTHER = 'other'

/** The series as one string: stable, unambiguous, sortable; a JSON array. */
export const seriesKey = (series: Series): string =>
  JSON.stringify([series.model, series.version, ...Object.entries(series.segment).flat()])

export const parseSeriesKey = (key: string): Series => {
  const [model, version, ...flat] = JSON.parse(key) as string[]
  const segment: Record<string, string> = {}
  for (let i = 0; i < flat.length; i += 2) segment[flat[i]] = flat[i + 1]
  return { model, version, segment }
}
