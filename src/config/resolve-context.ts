import type { Reference } from '../windows/reference/reference.ts'
import type { Parsed, Path, Report } from './problem.ts'

export type ResolveContext = Readonly<{
  report: Report
  /** What was written at a path, good or bad: a value that was already found bad is not called missing too. */
  given(path: Path): unknown
  readReference(path: string): Parsed<Reference>
}>

/** The entries of a list that were in order, with their positions. */
export const present = <T>(list: readonly (T | undefined)[]): readonly (readonly [number, T])[] =>
  list.flatMap((entry, i) => (entry === undefined ? [] : [[i, entry] as const]))

export const reportRepeats = (
  list: readonly (string | number | undefined)[],
  path: (i: number) => Path,
  report: Report,
): void => {
  for (const [i, entry] of present(list))
    if (list.indexOf(entry) < i) report(path(i), `\`${entry}\` is listed twice`, 'remove one of them')
}
