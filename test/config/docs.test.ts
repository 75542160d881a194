import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { unwrap } from '../../src/config/check.ts'
import { DEFAULTS } from '../../src/config/defaults.ts'
import { SETTINGS, variableOf } from '../../src/config/environment.ts'
import { METRIC_NAMES } from '../../src/config/metrics.ts'
import { schema } from '../../src/config/schema.ts'

const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
const rows = page.split('\n').flatMap(line =>
  line.startsWith('| `')
    ? [
        line
          .slice(1, -1)
          .split('|')
          .map(cell => cell.trim()),
      ]
    : [],
)
const sections = page.split('\n## ')
/** Cells of the tables of keys: key, type, default, meaning. */
const documented = rows.filter(cells => /^`[a-z][\w.[\]]*`$/i.test(cells[0]) && cells.length === 4)

type Key = Readonly<{ key: string; value: unknown }>

/** Every key of the schema with its default, where it has one. */
const keysOf = (wrapped: unknown, key: string): readonly Key[] => {
  const at = unwrap(wrapped)
  const { shape } = at
  const own = { key, value: defaultOf(wrapped) }
  if (shape !== undefined)
    return Object.entries(shape).flatMap(([name, child]) => keysOf(child, key === '' ? name : `${key}.${name}`))
  if (at.def.valueType !== undefined) return keysOf(at.def.valueType, `${key}.NAME`)
  if (at.def.element !== undefined && unwrap(at.def.element).shape !== undefined)
    return [own, ...keysOf(at.def.element, `${key}[]`)]
  return [own]
}

const defaultOf = (wrapped: unknown): unknown => {
  const { def } = wrapped as { def: { type: string; defaultValue?: unknown; innerType?: unknown } } // zod's own shape
  return def.type === 'prefault' ? def.defaultValue : undefined
}

const inYaml = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(inYaml).join(', ')}]`
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, entry]) => `${key}: ${entry === '*' ? '"*"' : inYaml(entry)}`)
      .join(', ')}}`
  return String(value)
}

// A condition is a key of its own, written as a text; its mapping is the long form.
const inSchema = [...keysOf(schema, ''), { key: 'rules[].when', value: undefined }]

test('the page lists the keys of the schema, no more and no fewer', () => {
  expect(documented.map(([key]) => key.slice(1, -1)).sort()).toEqual(inSchema.map(({ key }) => key).sort())
})

test('the page gives the defaults of the schema', () => {
  for (const { key, value } of inSchema) {
    if (value === undefined) continue
    const row = documented.find(([name]) => name === `\`${key}\``)
    expect(`${key}: ${row?.[2]}`).toBe(`${key}: \`${inYaml(value)}\``)
  }
})

test('the page gives the defaults that depend on the condition', () => {
  const cell = (key: string): string | undefined => documented.find(([name]) => name === `\`${key}\``)?.[2]
  expect(cell('rules[].effect')).toBe(`ks: \`${DEFAULTS.drift.effect.ks}\`, psi: \`${DEFAULTS.drift.effect.psi}\``)
  expect(Number(cell('rules[].alpha')?.replaceAll('`', ''))).toBe(DEFAULTS.drift.alpha)
  expect(cell('rules[].subjects')).toBe(`\`${DEFAULTS.drift.subjects}\``)
  expect(cell('rules[].minSamples')).toContain(`\`${DEFAULTS.rule.minSamples}\``)
})

test('every key has a type', () => expect(documented.filter(([, type]) => type === '')).toEqual([]))

test('the page lists the variables and flags', () => {
  const listed = rows
    .filter(([first]) => first.startsWith('`TIDEMARK_'))
    .map(cells => [cells[0], cells[1], cells[2].split(',')[0]].map(cell => cell.replaceAll('`', '')))
  expect(listed).toEqual(
    SETTINGS.map(setting => [variableOf(setting), setting.secret ? '' : `--${setting.name}`, setting.path.join('.')]),
  )
})

test('the page lists the metrics', () => {
  const section = sections.find(text => text.startsWith('Rules'))?.split('### Metrics')[1] ?? ''
  const listed = [...section.matchAll(/^\| (`[^|]*) \|/gm)].flatMap(([, cell]) => cell.replaceAll('`', '').split(', '))
  expect(listed.sort()).toEqual([...METRIC_NAMES].sort())
})
