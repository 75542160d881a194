import { closestName } from './closest.ts'
import type { Path, Place, Problem } from './problem.ts'

/** As `process.env` has it; this folder is the only one that knows names of variables. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Values of flags by name, without the dashes: `{ 'http-port': '9464' }`. */
export type Flags = Readonly<Record<string, string | undefined>>

/** A setting that may come from outside the file. The variable is `TIDEMARK_` and the name in capitals. */
export type Setting = Readonly<{
  name: string
  path: Path
  kind: 'text' | 'list' | 'number' | 'true-or-false'
  /** Never a flag: command lines are visible to everyone on the machine. */
  secret?: boolean
  /** For `--help`. */
  meaning: string
}>

export const SETTINGS: readonly Setting[] = [
  { name: 'namespace', path: ['namespace'], kind: 'text', meaning: 'prefix of keys in Redis and of group ids' },
  { name: 'kafka-brokers', path: ['kafka', 'brokers'], kind: 'list', meaning: 'host:port, several separated by commas' },
  { name: 'kafka-ssl', path: ['kafka', 'ssl'], kind: 'true-or-false', meaning: 'true: connect with TLS' },
  {
    name: 'kafka-sasl-mechanism',
    path: ['kafka', 'sasl', 'mechanism'],
    kind: 'text',
    meaning: 'plain, scram-sha-256 or scram-sha-512',
  },
  {
    name: 'kafka-sasl-username',
    path: ['kafka', 'sasl', 'username'],
    kind: 'text',
    secret: true,
    meaning: 'name to log in with',
  },
  {
    name: 'kafka-sasl-password',
    path: ['kafka', 'sasl', 'password'],
    kind: 'text',
    secret: true,
    meaning: 'password to log in with',
  },
  { name: 'schema-registry-url', path: ['schemaRegistry', 'url'], kind: 'text', meaning: 'URL of the schema registry' },
  {
    name: 'schema-registry-username',
    path: ['schemaRegistry', 'username'],
    kind: 'text',
    secret: true,
    meaning: 'name to log in with',
  },
  {
    name: 'schema-registry-password',
    path: ['schemaRegistry', 'password'],
    kind: 'text',
    secret: true,
    meaning: 'password to log in with',
  },
  { name: 'redis-url', path: ['redis', 'url'], kind: 'text', meaning: 'redis:// or rediss:// URL of the state store' },
  { name: 'elasticsearch-url', path: ['elasticsearch', 'url'], kind: 'text', meaning: 'URL of the archive' },
  {
    name: 'elasticsearch-username',
    path: ['elasticsearch', 'username'],
    kind: 'text',
    secret: true,
    meaning: 'name to log in with',
  },
  {
    name: 'elasticsearch-password',
    path: ['elasticsearch', 'password'],
    kind: 'text',
    secret: true,
    meaning: 'password to log in with',
  },
  { name: 'http-port', path: ['http', 'port'], kind: 'number', meaning: 'port of /metrics, /livez and /readyz' },
  { name: 'log-level', path: ['log', 'level'], kind: 'text', meaning: 'trace, debug, info, warn or error' },
]

export const variableOf = (setting: Setting): string => `TIDEMARK_${setting.name.toUpperCase().replaceAll('-', '_')}`

/** A value from outside the file, and where it came from. */
export type Override = Readonly<{ path: Path; value: unknown; place: Place }>

export type Overrides = Readonly<{ values: readonly Override[]; problems: readonly Problem[] }>

/** Flags before variables; `readText` reads what a `*_FILE` variable names, or throws. */
export const readOverrides = (environment: Environment, flags: Flags, readText: (path: string) => string): Overrides => {
  const values: Override[] = []
  const problems: Problem[] = []
  for (const setting of SETTINGS) {
    const flag = flags[setting.name]
    const read = readVariable(environment, variableOf(setting), readText)
    if (read.kind === 'bad') problems.push(read.problem)
    if (flag !== undefined)
      values.push({ path: setting.path, value: typed(flag, setting), place: { kind: 'flag', flag: `--${setting.name}` } })
    else if (read.kind === 'ok')
      values.push({
        path: setting.path,
        value: typed(read.text, setting),
        place: { kind: 'environment', variable: read.variable },
      })
  }
  return { values, problems: [...problems, ...misspelt(environment)] }
}

type Read = Readonly<{ kind: 'none' } | { kind: 'ok'; variable: string; text: string } | { kind: 'bad'; problem: Problem }>

const readVariable = (environment: Environment, variable: string, readText: (path: string) => string): Read => {
  const file = `${variable}_FILE`
  const [text, path] = [environment[variable], environment[file]]
  const problem = (at: string, message: string, cure: string): Read => ({
    kind: 'bad',
    problem: { place: { kind: 'environment', variable: at }, path: '', message, cure },
  })
  // An empty variable is what compose files leave of `${NAME:-}`: not given.
  if (text && path) return problem(file, `${variable} is set too`, 'set one of them')
  if (text?.startsWith('tcp://'))
    return problem(
      variable,
      `${text} was set by Kubernetes for a Service of that name`,
      'rename the Service, or set enableServiceLinks: false',
    )
  if (text) return { kind: 'ok', variable, text: text.trim() }
  if (!path) return { kind: 'none' }
  try {
    // Editors and `echo` end a file with a line break that is no part of the secret.
    const content = readText(path).replace(/\r?\n$/, '')
    if (content === '') return problem(file, `the file ${path} is empty`, 'write the value into it')
    return { kind: 'ok', variable: file, text: content }
  } catch (error) {
    return problem(
      file,
      `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
      'name a file that this process may read',
    )
  }
}

/** Text becomes what YAML would have made of it; what does not is left for the check of that setting to name. */
const typed = (text: string, setting: Setting): unknown => {
  switch (setting.kind) {
    case 'text':
      return text
    case 'list':
      return text
        .split(',')
        .map(entry => entry.trim())
        .filter(entry => entry !== '')
    case 'number':
      return /^\d+$/.test(text) ? Number(text) : text
    case 'true-or-false':
      return text === 'true' ? true : text === 'false' ? false : text
  }
}

/** Only near misses: Kubernetes itself sets TIDEMARK_SERVICE_HOST and others for a Service called tidemark. */
const misspelt = (environment: Environment): readonly Problem[] => {
  const known = SETTINGS.flatMap(setting => [variableOf(setting), `${variableOf(setting)}_FILE`])
  return Object.keys(environment).flatMap(variable => {
    if (!variable.startsWith('TIDEMARK_') || known.includes(variable)) return []
    const meant = closestName(variable, known)
    if (meant === null || Math.abs(meant.length - variable.length) > 2) return []
    if (environment[variable]?.startsWith('tcp://')) return []
    return [
      {
        place: { kind: 'environment' as const, variable },
        path: '',
        message: 'is not a variable of Tidemark',
        cure: `did you mean ${meant}?`,
      },
    ]
  })
}
