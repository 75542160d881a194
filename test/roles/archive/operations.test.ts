import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../../', import.meta.url)
const page = readFileSync(new URL('docs/operations-archive.md', root), 'utf8').replaceAll(/\s+/g, ' ')
const sources = [
  'src/roles/archive.ts',
  ...readdirSync(new URL('src/roles/archive/', root)).map(file => `src/roles/archive/${file}`),
]
const code = sources.map(path => readFileSync(new URL(path, root), 'utf8')).join('\n')

test('the log lines on the page are those of the code', () => {
  const quoted = [...page.matchAll(/`(archive: [^`]+)`/g)].map(([, line]) => line)
  expect(quoted.length).toBeGreaterThan(5)
  expect(quoted.filter(line => !code.includes(`'${line}'`))).toEqual([])
})

test('every reason to wait is on the page', () => {
  const union = /export type WaitReason = (.*)/.exec(code)?.[1] ?? ''
  const reasons = [...union.matchAll(/'([\w-]+)'/g)].map(([, reason]) => reason)
  expect(reasons.length).toBeGreaterThan(3)
  expect(reasons.filter(reason => !page.includes(`\`${reason}\``))).toEqual([])
})
