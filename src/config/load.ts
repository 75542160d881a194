import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { checkValues, valueAt } from './check.ts'
import type { Config } from './config.ts'
import { type Environment, type Flags, type Override, readOverrides } from './environment.ts'
import { isRecord } from './kinds.ts'
import { ConfigError, formatPath, inOrder, type Path, type Problem, type Report } from './problem.ts'
import { readReference } from './references.ts'
import { resolveConfig } from './resolve.ts'
import { parseSource } from './source.ts'

export type ConfigSource = Readonly<{
  /** Path of tidemark.yaml; references are looked up beside it. */
  file: string
  environment: Environment
  /** By name of the setting (see SETTINGS): `{ 'redis-url': 'redis://...' }`. */
  flags?: Flags
  /** The file's content, where it is not read from disk; files it names are looked up as if it were at `file`. */
  text?: string
}>

export type Checked = Readonly<{ kind: 'ok'; config: Config } | { kind: 'bad'; problems: readonly Problem[] }>

/** The configuration, or one ConfigError that lists every problem. */
export const loadConfig = (source: ConfigSource): Config => {
  const checked = checkConfig(source)
  if (checked.kind === 'bad') throw new ConfigError(checked.problems)
  return checked.config
}

export const checkConfig = ({ file, environment, flags = {}, text }: ConfigSource): Checked => {
  const problems: Problem[] = []
  const overrides = readOverrides(environment, flags, path => readFileSync(path, 'utf8'))
  problems.push(...overrides.problems)

  let content: string
  try {
    content = text ?? readFileSync(file, 'utf8')
  } catch (error) {
    problems.unshift(unreadable(file, error))
    return { kind: 'bad', problems }
  }
  const source = parseSource(content, file)
  problems.push(...source.problems)
  if (source.value === undefined) return { kind: 'bad', problems: inOrder(problems) }

  const raw = overrides.values.reduce<unknown>((value, override) => set(value, override.path, override.value), source.value ?? {})
  const reporter =
    (at: 'key' | 'value'): Report =>
    (path, message, cure) => {
      const override = overridden(overrides.values, path)
      problems.push(
        override
          ? { place: override.place, path: formatPath(path), message, cure }
          : { ...source.locate(path, at), message, cure },
      )
    }
  const report = reporter('value')
  const values = checkValues(raw, report, reporter('key'))
  const config =
    values &&
    resolveConfig(values, {
      report,
      given: path => valueAt(raw, path),
      readReference: path => readReference(resolve(dirname(file), path), path),
    })
  return problems.length === 0 && config ? { kind: 'ok', config } : { kind: 'bad', problems: inOrder(problems) }
}

const overridden = (overrides: readonly Override[], path: Path): Override | undefined =>
  overrides.find(override => override.path.length <= path.length && override.path.every((key, i) => key === path[i]))

/** A copy with the value at the path; a section that is not a mapping stays, for the check to name. */
const set = (into: unknown, [key, ...rest]: Path, value: unknown): unknown => {
  if (into !== undefined && into !== null && !isRecord(into)) return into
  return { ...into, [key]: rest.length === 0 ? value : set(into?.[key], rest, value) }
}

const unreadable = (file: string, error: unknown): Problem => {
  const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
  return {
    place: { kind: 'file', file, line: 0, column: 0 },
    path: '',
    message: missing ? 'there is no such file' : `cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    cure: 'name another with --config FILE, or begin with a copy of examples/minimal.yaml',
  }
}
