import { describe, expect, test } from 'vitest'
import { marked, placeOf, problemsOf } from '../fixtures.ts'

/** What is wrong, the YAML with `«` where the problem must be shown, its path, a part of the message, a part of the cure. */
export type Case = readonly [sentence: string, yaml: string, path: string, message: string, cure: string]

export const model = (entry: string): string => `models:\n  - name: bikes\n    reference: bikes.json\n${entry}`
export const rule = (entry: string): string =>
  `models:\n  - name: bikes\n    reference: bikes.json\n    windows: [{name: hourly, size: 1h}]\n    segments: [daytype]\nrules:\n  - name: r\n${entry}`
export const plainRule = (entry: string): string => `models: [m]\nrules:\n  - name: r\n${entry}`

/** Each mistake is one problem, at its place, with its path, its reason and its cure. */
export const checkCases = (about: string, cases: readonly Case[]): void => {
  describe(about, () => {
    test.each(cases)('%s', (_, yaml, path, message, cure) => {
      const { text, place } = marked(yaml)
      const problems = problemsOf(text)
      expect(problems.map(problem => [placeOf(problem), problem.path])).toEqual([[place, path]])
      expect(problems[0].message).toContain(message)
      expect(problems[0].cure).toContain(cure)
    })
  })
}
