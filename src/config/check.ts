import type { z } from 'zod'
import { closestName, suggest } from './closest.ts'
import { isRecord } from './kinds.ts'
import { type Path, type Report, show } from './problem.ts'
import { type ConfigFile, schema } from './schema.ts'

/**
 * Reports everything that is wrong with single values, and returns what is left when those are taken away, so that the rest
 * can be checked against each other in the same run. Null where nothing is left.
 */
export const checkValues = (raw: unknown, report: Report, reportKey: Report): ConfigFile | null => {
  let left = raw
  // Taking a bad value away may leave a mapping without a key that it needs: then that goes too, up to the root.
  while (true) {
    const result = schema.safeParse(left)
    if (result.success) return result.data
    if (left === raw) for (const issue of result.error.issues) tell(issue, raw, report, reportKey)
    const removals = result.error.issues.flatMap(issue =>
      issue.code === 'unrecognized_keys' ? issue.keys.map(key => [...pathOf(issue), key]) : [existing(left, pathOf(issue))],
    )
    if (removals.some(path => path.length === 0)) return null
    left = removals.reduce(without, left)
  }
}

const pathOf = (issue: z.core.$ZodIssue): Path => issue.path.filter(key => typeof key !== 'symbol')

const tell = (issue: z.core.$ZodIssue, raw: unknown, report: Report, reportKey: Report): void => {
  const path = pathOf(issue)
  switch (issue.code) {
    case 'custom': {
      const cure: unknown = issue.params?.cure
      if (renamed(path, raw)) return
      report(path, issue.message, typeof cure === 'string' ? cure : 'correct it')
      return
    }
    case 'unrecognized_keys': {
      const known = keysAt(path)
      for (const key of issue.keys) reportKey([...path, key], 'is not a key that is known here', suggest(key, known, 'remove it'))
      return
    }
    case 'invalid_type': {
      const value = valueAt(raw, path)
      const wanted = issue.expected === 'array' ? 'a list' : 'a mapping'
      if (value === undefined || value === null) report(path, 'is missing', `give it as ${wanted}`)
      else
        report(
          path,
          `${show(value)} is not ${wanted}`,
          issue.expected === 'array' ? 'write [a, b], or one `- a` per line' : 'write `key: value` lines, indented',
        )
      return
    }
    default:
      report(path, issue.message, 'correct it')
  }
}

export const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((at, key) => {
    if (Array.isArray(at)) return at[Number(key)]
    return isRecord(at) && Object.hasOwn(at, key) ? at[key] : undefined
  }, value)

/** A required key that is there under a misspelt name: the unknown key is reported, the missing one need not be. */
const renamed = (path: Path, raw: unknown): boolean => {
  const parent = valueAt(raw, path.slice(0, -1))
  const key = path[path.length - 1]
  if (!isRecord(parent) || typeof key !== 'string' || key in parent) return false
  const known = keysAt(path.slice(0, -1))
  return Object.keys(parent).some(written => !known.includes(written) && closestName(written, known) === key)
}

/** The path as far as the value has it. */
const existing = (value: unknown, path: Path): Path => {
  const missing = path.findIndex((_, i) => valueAt(value, path.slice(0, i + 1)) === undefined)
  return missing < 0 ? path : path.slice(0, missing)
}

/** A copy without what is at the path. Lists keep their positions. */
const without = (value: unknown, [key, ...rest]: Path): unknown => {
  const last = rest.length === 0
  if (Array.isArray(value)) return value.map((entry: unknown, i) => (i !== key ? entry : last ? undefined : without(entry, rest)))
  if (!isRecord(value) || !(key in value)) return value
  const { [key]: child, ...others } = value
  return last ? others : { ...value, [key]: without(child, rest) }
}

/** The keys that the schema knows at a path. */
export const keysAt = (path: Path): readonly string[] => {
  let at: unknown = schema
  for (const key of path) {
    const shape = shapeOf(at)
    at = shape ? shape[key] : elementOf(at)
  }
  return Object.keys(shapeOf(at) ?? {})
}

type AnySchema = Readonly<{
  def: Readonly<{ type: string; innerType?: unknown; in?: unknown; out?: unknown; element?: unknown; valueType?: unknown }>
  shape?: Record<string, unknown>
}>

/** Through defaults, options and shorthands to the mapping, list or setting itself. */
export const unwrap = (wrapped: unknown): AnySchema => {
  const at = wrapped as AnySchema // zod's schemas are told apart by `def.type`
  if (at.def.innerType !== undefined) return unwrap(at.def.innerType)
  if (at.def.type === 'pipe' && (at.def.out as AnySchema).def.type !== 'transform') return unwrap(at.def.out)
  return at
}

const shapeOf = (at: unknown): Record<string, unknown> | undefined => unwrap(at).shape
const elementOf = (at: unknown): unknown => unwrap(at).def.element ?? unwrap(at).def.valueType
