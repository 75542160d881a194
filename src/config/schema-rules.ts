import type { z } from 'zod'
import { parseBand, parseCondition } from './conditions.ts'
import { DEFAULTS } from './defaults.ts'
import { choice, integer, mapping, name, number, parseNumber, setting, text, url } from './kinds.ts'
import { METRIC_NAMES } from './metrics.ts'
import { bad, ok, type Parsed, show } from './problem.ts'

const MANY = Number.MAX_SAFE_INTEGER

const conditionSchema = mapping(
  {
    metric: choice(METRIC_NAMES),
    subject: setting<string>(
      'text',
      value =>
        typeof value === 'string' || typeof value === 'number'
          ? ok(String(value))
          : bad(`${show(value)} is not a subject`, "write a feature's name"),
      'temp',
    ).optional(),
    above: number('250').optional(),
    below: number('0.95').optional(),
    outside: setting('two numbers', parseBand, '0.2..0.8').optional(),
  },
  parseCondition,
)

/** A single name, or a list of them. */
const names = (example: string) =>
  setting<readonly string[]>(
    'list of text',
    value => {
      const all: readonly unknown[] = Array.isArray(value) ? value : [value]
      const texts = all.filter(entry => typeof entry === 'string')
      if (texts.length === all.length && all.length > 0) return ok(texts)
      return bad(`${show(value)} is not a list of names`, `write it as ${example}`)
    },
    example,
  )

export type ScopeEntry = 'all' | 'segments' | 'both' | readonly string[]

const scope = setting<ScopeEntry>(
  '`all`, `segments`, `both` or a list of dimensions',
  value => {
    if (value === 'all' || value === 'segments' || value === 'both') return ok(value)
    if (Array.isArray(value) && value.length > 0 && value.every(entry => typeof entry === 'string')) return ok(value)
    return bad(
      `${show(value)} is not a scope`,
      'write all (all traffic), segments, both, or the dimensions of a segment such as [context]',
    )
  },
  '[context]',
)

/** Prometheus counts `for` in time; here it is windows, because a window is judged once. */
const windowCount = setting(
  'whole number',
  value => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 1000) return ok(value)
    return bad(`${show(value)} is not a number of windows`, 'write how many windows in a row, from 1 to 1000')
  },
  '2',
)

const alpha = setting(
  'number',
  (value): Parsed<number> => {
    const parsed = parseNumber(value)
    if (parsed.kind === 'bad' || (parsed.value > 0 && parsed.value < 1)) return parsed
    return bad(`${show(value)} is not a probability`, 'write a number between 0 and 1, such as 1e-6')
  },
  '1e-6',
)

const rule = DEFAULTS.rule

export const ruleSchema = mapping({
  name: name('coverage-low'),
  models: names('[bike-demand]').optional(),
  when: conditionSchema.optional(),
  resolveAt: number('0.96').optional(),
  margin: number('0.05').optional(),
  drift: choice(['psi', 'ks']).optional(),
  subjects: names('features, prediction, all or [temp, hum]').optional(),
  effect: number('0.05').optional(),
  alpha: alpha.optional(),
  window: text('hourly').optional(),
  scope: scope.prefault(rule.scope),
  versions: choice(['merged', 'each']).prefault(rule.versions),
  for: windowCount.prefault(rule.for),
  keepFiringFor: windowCount.prefault(rule.keepFiringFor),
  severity: choice(['info', 'warning', 'critical']).prefault(rule.severity),
  noData: choice(['keep', 'resolve', 'fire']).prefault(rule.noData),
  minSamples: integer(0, MANY, 30).optional(),
  runbook: url(['http', 'https'], 'https://example.org/runbooks/coverage').optional(),
})

export type RuleEntry = z.output<typeof ruleSchema>
