import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { referenceVersion } from '../../../src/windows/reference/canonical.ts'
import type { CategoricalProfile, NumericProfile, Reference } from '../../../src/windows/reference/reference.ts'
import { validateReference } from '../../../src/windows/reference/validate.ts'

const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex')

const numeric: NumericProfile = {
  kind: 'numeric',
  n: 3,
  missing: 0,
  notFinite: 0,
  mean: 2,
  std: 1,
  min: 1,
  max: 3,
  edges: [1, 2],
  counts: [1, 1, 1],
}
const colour: CategoricalProfile = { kind: 'categorical', n: 3, missing: 1, values: [{ value: 'red', count: 3 }] }
const content: Omit<Reference, 'version'> = {
  ...{ format: 1, model: 'm', samples: 4, startMs: 0, endMs: 9, prediction: null },
  features: { size: numeric, colour },
  segments: { market: ['de', 'at'] },
}
const good = { ...content, version: referenceVersion(content, sha256Hex) }

/** The problems of a reference that was changed in one place. */
const problems = (change: Record<string, unknown>): readonly string[] => {
  const check = validateReference({ ...good, ...change })
  return check.kind === 'ok' ? [] : check.problems
}
const sizeProblems = (change: Record<string, unknown>) => problems({ features: { size: { ...numeric, ...change } } })

describe('a reference file', () => {
  test('that is right is the reference', () => {
    expect(validateReference(good, sha256Hex)).toEqual({ kind: 'ok', reference: good })
  })

  test('that was edited by hand is refused where its version is checked', () => {
    const edited = { ...good, samples: 5 }
    expect(validateReference(edited).kind).toBe('ok')
    expect(validateReference(edited, sha256Hex)).toMatchObject({
      problems: [expect.stringContaining('changed after it was built')],
    })
  })

  test('names what it is when it is no reference at all', () => {
    expect(validateReference([1])).toMatchObject({ problems: [expect.stringContaining('a reference is a JSON object, not [1]')] })
    expect(problems({ format: 2 })).toEqual([expect.stringContaining('format is 2, this release reads 1')])
  })

  test('tells all its problems at once, each with its place and the cure', () => {
    const found = problems({
      version: 'v1',
      samples: 0,
      startMs: 10,
      features: { size: { ...numeric, std: -1 } },
      segments: { market: ['de', 'de'] },
    })
    expect(found).toHaveLength(5)
    for (const problem of found) expect(problem).toContain('tidemark reference build')
    expect(found.join('\n')).toContain('features.size.std is -1, below 0')
  })

  test.each([
    [{ edges: [2, 1] }, 'features.size.edges does not rise at position 1: 1 after 2'],
    [{ edges: [1, null] }, 'features.size.edges is [1,null], not a list of finite numbers'],
    [{ counts: [1, 2] }, 'features.size.counts has 2 bins, 2 edges make 3'],
    [{ counts: [1, 1, 2] }, 'features.size.counts sums to 4, not to n = 3'],
    [{ counts: [1, 1, -1] }, 'features.size.counts is [1,1,-1], not a list of counts'],
    [{ mean: null }, 'features.size.mean is null, not a finite number'],
    [{ mean: 5 }, 'features.size has min 1, mean 5, max 3, which do not rise'],
    [{ n: 0, counts: [0, 0, 0] }, 'features.size.n is 0'],
    [{ kind: 'vector' }, 'features.size.kind is "vector", neither "numeric" nor "categorical"'],
    [{ kind: 'categorical', values: [{ value: 1, count: 1 }] }, 'features.size.values[0] is {"value":1,"count":1}'],
    [{ kind: 'categorical', values: [] }, 'features.size.values is empty'],
    [
      {
        kind: 'categorical',
        values: [
          { value: 'a', count: 2 },
          { value: 'a', count: 2 },
        ],
      },
      'features.size.values has "a" twice',
    ],
  ])('%j: %s', (change, message) => {
    expect(sizeProblems(change).join('\n')).toContain(message)
  })

  test('with more than 100 bins is refused', () => {
    const edges = Array.from({ length: 100 }, (_, i) => i)
    expect(sizeProblems({ edges, counts: [3, ...new Array<number>(100).fill(0)] }).join()).toContain('100 edges, more than 99')
  })
})
