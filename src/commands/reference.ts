import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type CsvMapping, readPredictions } from '../events/files.ts'
import { table } from '../table.ts'
import { createReferenceBuilder } from '../windows/reference/build.ts'
import type { FeatureProfile, Reference } from '../windows/reference/reference.ts'
import { validateReference } from '../windows/reference/validate.ts'
import { type CommandIo, ExitCode } from './io.ts'
import { createProgress } from './progress.ts'

export type ReferenceBuildOptions = Readonly<{
  files: readonly string[]
  model: string
  out: string
  /** Event times `[from, to)`, ISO 8601. */
  from?: string
  to?: string
  /** `feature=numeric|categorical`, where inference must not decide. */
  kind?: readonly string[]
  csv: CsvMapping | undefined
}>

const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Profiles a model's events, all or those of a time range. Exit 64 for options that make no sense, 1 when nothing was taken or a line is bad. */
export const runReferenceBuild = async (options: ReferenceBuildOptions, io: CommandIo): Promise<number> => {
  const { kinds, problems } = parseKinds(options.kind ?? [])
  const range = {
    fromMs: parseTime('--from', options.from, Number.NEGATIVE_INFINITY, problems),
    toMs: parseTime('--to', options.to, Number.POSITIVE_INFINITY, problems),
  }
  if (problems.length > 0) {
    io.stderr.write(problems.map(problem => `tidemark reference build: ${problem}\n`).join(''))
    return ExitCode.usage
  }
  const builder = createReferenceBuilder(options.model, { sha256Hex, kinds })
  const progress = createProgress('reference build', io)
  let taken = 0
  let bad = 0
  for await (const entry of readPredictions(options.files, options.csv)) {
    progress.update(entry.bytesRead, entry.bytesTotal, `${taken} events`)
    if (entry.kind === 'problem') {
      io.stderr.write(`${entry.file}:${entry.line}: ${entry.message}\n`)
      bad++
      continue
    }
    const { time } = entry.prediction
    if (time >= range.fromMs && time < range.toMs && builder.add(entry.prediction)) taken++
  }
  progress.done(`${taken} events`)
  if (taken === 0 || bad > 0) {
    const why =
      bad > 0
        ? `${bad} lines cannot be read (above): mend or remove them`
        : `no event of model ${options.model} in that range: check --model, --from and --to`
    io.stderr.write(`tidemark reference build: ${why}; nothing was written\n`)
    return ExitCode.failed
  }
  const reference = builder.finish()
  mkdirSync(dirname(options.out), { recursive: true })
  writeFileSync(options.out, `${JSON.stringify(reference, null, 1)}\n`)
  io.stdout.write(`${options.out}: reference ${reference.version}\n\n${describe(reference)}`)
  return ExitCode.ok
}

/** Prints what a reference holds. */
export const runReferenceShow = async (file: string, io: CommandIo): Promise<number> => {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    io.stderr.write(
      `tidemark reference show: ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}\n`,
    )
    return ExitCode.failed
  }
  const checked = validateReference(json, sha256Hex)
  if (checked.kind === 'invalid') {
    io.stderr.write(checked.problems.map(problem => `${file}: ${problem}\n`).join(''))
    return ExitCode.failed
  }
  io.stdout.write(`reference ${checked.reference.version}\n\n${describe(checked.reference)}`)
  return ExitCode.ok
}

const parseKinds = (pairs: readonly string[]): { kinds: Record<string, FeatureProfile['kind']>; problems: string[] } => {
  const kinds: Record<string, FeatureProfile['kind']> = {}
  const problems: string[] = []
  for (const pair of pairs) {
    const [, name, kind] = /^(.+)=(numeric|categorical)$/.exec(pair) ?? []
    if (name === undefined) problems.push(`--kind ${pair}: write feature=numeric or feature=categorical`)
    else kinds[name] = kind === 'numeric' ? 'numeric' : 'categorical'
  }
  return { kinds, problems }
}

const parseTime = (flag: string, text: string | undefined, otherwise: number, problems: string[]): number => {
  if (text === undefined) return otherwise
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) problems.push(`${flag} ${text}: write a time as 2026-01-31T00:00:00Z`)
  return ms
}

const describe = (reference: Reference): string => {
  const { model, samples, startMs, endMs, features, prediction, segments } = reference
  const profiles = [...Object.entries(features), ...(prediction ? [['prediction', prediction] as const] : [])]
  const rows = profiles.map(([name, profile]) => [name, profile.kind, profile.n, profile.missing, shape(profile)])
  const dimensions = Object.entries(segments).map(
    ([dimension, values]) => `${dimension}: ${values.slice(0, 8).join(', ')}${values.length > 8 ? ', ...' : ''}\n`,
  )
  return [
    `model ${model}, ${samples} events, ${new Date(startMs).toISOString()} to ${new Date(endMs).toISOString()}\n`,
    table(['value', 'kind', 'n', 'missing', 'shape'], rows),
    ...(dimensions.length > 0 ? [`segments\n${dimensions.join('')}`] : []),
  ].join('\n')
}

const shape = (profile: FeatureProfile): string => {
  if (profile.kind === 'numeric') {
    const [mean, std, min, max] = [profile.mean, profile.std, profile.min, profile.max].map(x => Number(x.toPrecision(4)))
    return `mean ${mean}, std ${std}, ${min} to ${max}, ${profile.edges.length + 1} bins`
  }
  const top = profile.values
    .slice(0, 4)
    .map(({ value, count }) => `${value} ${Math.round((100 * count) / Math.max(1, profile.n))} %`)
  return `${profile.values.length} values: ${top.join(', ')}`
}
