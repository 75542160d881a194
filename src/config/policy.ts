import { createHash } from 'node:crypto'
import type { Config } from './config.ts'

/**
 * Everything that a verdict depends on, as canonical JSON: models with their windows, segments, features and the versions of
 * their references; rules with their thresholds; the bounds of time; the limits of vocabularies. Addresses, credentials and
 * runbooks are no part of it, and the order of models, windows, segments and rules does not matter.
 */
export const policyDocument = (config: Config): string =>
  canonicalJson({
    format: 1,
    time: verdictTimes(config.time),
    limits: config.limits,
    models: byName(config.models).map(({ reference, windows, segments, itemsAtLeast, businessRules, ...model }) => ({
      ...model,
      reference: reference?.version ?? null,
      windows: byName(windows),
      segments: segments.map(segment => canonicalJson(segment)).toSorted(),
      itemsAtLeast: itemsAtLeast.toSorted((a, b) => a - b),
      businessRules: businessRules.toSorted(),
    })),
    rules: byName(config.rules).map(({ runbook: _, ...rule }) => ({ ...rule, models: rule.models.toSorted() })),
  })

/** How long a partition is waited for decides when a window is fired, not what its rules say of it. */
const verdictTimes = ({ outOfOrdernessMs, allowedLatenessMs, maxFutureMs, retireAfterMs }: Config['time']) => ({
  outOfOrdernessMs,
  allowedLatenessMs,
  maxFutureMs,
  retireAfterMs,
})

/** First 12 hex digits of the SHA-256 of the policy document: what results and alerts carry as `policyVersion`. */
export const policyVersion = (config: Config): string =>
  createHash('sha256').update(policyDocument(config)).digest('hex').slice(0, 12)

const byName = <T extends { name: string }>(entries: readonly T[]): readonly T[] =>
  entries.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))

/** JSON without spaces, keys in order of their UTF-16 code units (RFC 8785 for what occurs here). */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_, entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  )
