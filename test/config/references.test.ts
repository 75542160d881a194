import { expect, test } from 'vitest'
import { parseReference } from '../../src/config/references.ts'
import type { Reference } from '../../src/windows/reference/reference.ts'
import { BIKES } from './fixtures.ts'

const { temp, season } = BIKES.features
const withTemp = (change: object): unknown => ({ ...BIKES, features: { season, temp: { ...temp, ...change } } })
const parsed = (value: unknown) => parseReference(JSON.stringify(value), 'r.json')

test('a reference comes back as it is', () => expect(parsed(BIKES)).toEqual({ kind: 'ok', value: BIKES satisfies Reference }))

test.each([
  ['another format', { ...BIKES, format: 2 }, 'format'],
  ['no model', { ...BIKES, model: undefined }, 'model'],
  ['edges that fall', withTemp({ edges: [2, 1], counts: [0, 50, 50] }), 'features.temp.edges: do not rise'],
  ['an edge twice', withTemp({ edges: [1, 1], counts: [0, 50, 50] }), 'features.temp.edges: do not rise'],
  ['too few counts', withTemp({ counts: [100] }), 'features.temp.counts: must be one more than edges'],
  ['counts that miss events', withTemp({ counts: [50, 49] }), 'features.temp.counts: do not sum to n'],
  ['a kind of its own', withTemp({ kind: 'vector' }), 'features.temp'],
  ['a text for a number', withTemp({ mean: 'high' }), 'features.temp.mean'],
])('%s is no reference', (_, value, where) => {
  const answer = parsed(value)
  expect(answer.kind === 'bad' && answer.message).toContain(`r.json is not a reference: ${where}`)
})

test('several faults are counted', () => {
  const answer = parsed({ ...BIKES, format: 2, samples: -1 })
  expect(answer.kind === 'bad' && answer.message).toContain('(and 1 more)')
})
