import { expect, test } from 'vitest'
import { closestName, editDistance, suggest } from '../../src/config/closest.ts'

test.each([
  ['', 'abc', 3],
  ['kitten', 'sitting', 3],
  ['borker', 'broker', 1],
  ['same', 'same', 0],
])('from %s to %s it takes %d edits', (a, b, edits) => expect(editDistance(a, b)).toBe(edits))

test.each([
  ['broker', 'brokers'],
  ['client-id', 'clientId'],
  ['TOPICS', 'topics'],
  ['warn', 'warning'],
])('%s was meant as %s', (written, meant) =>
  expect(closestName(written, ['brokers', 'clientId', 'topics', 'warning'])).toBe(meant),
)

test('a name that is far from all is close to none', () => expect(closestName('colour', ['brokers', 'n'])).toBeNull())
test('one letter is not close to another', () => expect(closestName('n', ['m'])).toBeNull())
test('without a close name, those there are', () => expect(suggest('colour', ['a', 'b', 'c'])).toBe('use `a`, `b` or `c`'))
test('very many names are cut off', () =>
  expect(
    suggest(
      'zzz',
      Array.from({ length: 40 }, (_, i) => `name${i}`),
    ),
  ).toContain('and 10 more'))
