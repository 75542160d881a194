import type { Reference } from '../windows/reference/reference.ts'
import { suggest } from './closest.ts'
import type { SegmentConfig } from './config.ts'
import type { Path } from './problem.ts'
import { present, type ResolveContext, reportRepeats } from './resolve-context.ts'
import type { ModelEntry } from './schema-models.ts'

/** Dimensions that are fields of the event; any other is a key of its `segments`. */
export const FIELD_DIMENSIONS: readonly string[] = ['context', 'operation', 'gateway']
/** Stands for the rest of every vocabulary; never listed. */
const OTHER = 'other'

export const resolveSegments = (
  entry: ModelEntry,
  path: Path,
  reference: Reference | null,
  limit: number,
  { report }: ResolveContext,
): readonly SegmentConfig[] => {
  const keys = entry.segments.map(
    segment =>
      segment &&
      present(segment.by)
        .map(([, dimension]) => dimension)
        .toSorted()
        .join(', '),
  )
  reportRepeats(keys, i => [...path, 'segments', i], report)
  return present(entry.segments).map(([i, segment]) => {
    const at = [...path, 'segments', i]
    const dimensions = present(segment.by).map(([, dimension]) => dimension)
    if (segment.by.length === 0)
      report([...at, 'by'], 'names no dimension', 'name one, such as [context]; all traffic is always measured')
    reportRepeats(segment.by, k => [...at, 'by', k], report)
    const values: Record<string, readonly string[]> = {}
    const seen = reference?.segments ?? {}
    for (const [k, dimension] of present(segment.by)) {
      const listed = segment.values[dimension]
      if (listed !== undefined) {
        values[dimension] = present(listed).flatMap(([, value]) => (value === OTHER ? [] : [value]))
        reportRepeats(listed, v => [...at, 'values', dimension, v], report)
      } else if (seen[dimension] !== undefined)
        values[dimension] = seen[dimension].filter(value => value !== OTHER).slice(0, limit)
      else if (reference !== null && !FIELD_DIMENSIONS.includes(dimension)) {
        const cure = suggest(dimension, [...Object.keys(seen), ...FIELD_DIMENSIONS])
        if (cure.startsWith('did'))
          report([...at, 'by', k], `\`${dimension}\` is no dimension of the reference`, `${cure} If not, list its \`values\``)
      }
    }
    for (const dimension of Object.keys(segment.values))
      if (!segment.by.includes(dimension) && segment.by.every(name => name !== undefined))
        report([...at, 'values', dimension], 'is not among the dimensions of `by`', suggest(dimension, dimensions))
    return { dimensions: dimensions.toSorted(), values }
  })
}
