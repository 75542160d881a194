/** Where a setting was given. Lines and columns count from 1; both are 0 where the file itself is the problem. */
export type Place =
  | Readonly<{ kind: 'file'; file: string; line: number; column: number }>
  | Readonly<{ kind: 'environment'; variable: string }>
  | Readonly<{ kind: 'flag'; flag: string }>

/** Keys and positions from the root: `['models', 0, 'windows', 1, 'size']`. */
export type Path = readonly (string | number)[]

/** One thing that is wrong with the configuration. */
export type Problem = Readonly<{
  place: Place
  /** The key: `models[0].windows[1].size`; empty for the whole file. */
  path: string
  /** What is wrong, with the value. */
  message: string
  /** What to do. */
  cure: string
}>

/** A value, or what is wrong with it: how every reader of a single setting answers. */
export type Parsed<T> = Readonly<{ kind: 'ok'; value: T } | { kind: 'bad'; message: string; cure: string }>

export const ok = <T>(value: T): Parsed<T> => ({ kind: 'ok', value })
export const bad = (message: string, cure: string): Parsed<never> => ({ kind: 'bad', message, cure })

/** Tells of a problem at a path; the place is looked up. */
export type Report = (path: Path, message: string, cure: string) => void

/** Everything that is wrong with a configuration, at once. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(formatProblems(problems))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

export const formatPath = (path: Path): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    const plain = /^[\w-]+$/.test(key) ? key : JSON.stringify(key)
    return text === '' ? plain : `${text}.${plain}`
  }, '')

export const formatPlace = (place: Place): string => {
  switch (place.kind) {
    case 'file':
      return place.line === 0 ? place.file : `${place.file}:${place.line}:${place.column}`
    case 'environment':
      return place.variable
    case 'flag':
      return place.flag
  }
}

export const formatProblem = ({ place, path, message, cure }: Problem): string =>
  `${formatPlace(place)}  ${path === '' ? '' : `${path}: `}${message}\n    cure: ${cure}`

export const formatProblems = (problems: readonly Problem[]): string =>
  `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n\n${problems.map(formatProblem).join('\n')}\n`

/** By file position, then what came from flags and the environment. */
export const inOrder = (problems: readonly Problem[]): readonly Problem[] =>
  [...problems].sort((a, b) => {
    if (a.place.kind !== 'file' || b.place.kind !== 'file')
      return Number(a.place.kind !== 'file') - Number(b.place.kind !== 'file')
    return a.place.line - b.place.line || a.place.column - b.place.column
  })

/** A value as a message shows it: short, quoted where it is text. */
export const show = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  const text = typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value))
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/** `a, b or c`, each in backquotes. */
export const either = (names: readonly string[]): string => {
  const quoted = names.map(name => `\`${name}\``)
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted[quoted.length - 1]}`
}
