#!/usr/bin/env node
import { readFileSync, realpathSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import type { DemoOptions } from './commands/demo.ts'
import { type CommandIo, ExitCode, processIo } from './commands/io.ts'
import { SETTINGS, variableOf } from './config/environment.ts'
import type { ConfigSource } from './config/load.ts'
import { ConfigError } from './config/problem.ts'
import { endSoon } from './end-soon.ts'
import type { CsvMapping } from './events/files.ts'

/** The command line: every command, its arguments and its help. Each command's code is loaded when it runs. */
export const main = async (args: readonly string[], io: CommandIo): Promise<number> => {
  let exitCode: number = ExitCode.ok
  /** Commander's actions return nothing; this keeps what a command answered. */
  const runs =
    <A extends readonly unknown[]>(run: (...given: A) => Promise<number>) =>
    async (...given: A): Promise<void> => {
      exitCode = await run(...given)
    }

  const program = new Command('tidemark')
    .description(
      'Watches deployed models: exactly-once windows over the predictions on Kafka, drift, and alerts that mean something.',
    )
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help, or that of a command')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: text => io.stdout.write(text), writeErr: text => io.stderr.write(text) })
    .configureHelp({ showGlobalOptions: false })
    .showHelpAfterError('(--help lists what there is)')
    .addHelpText('after', HELP)

  program.commandsGroup('Watch:')

  withSettings(program.command('run').description('watch the predictions of a Kafka topic until stopped'))
    .option('--roles <list>', 'what this process does: monitor, archive, or both, separated by a comma', 'monitor')
    .option('--workers <n>', 'threads that share the partitions, each with a member of the group', wholeNumber, 1)
    .action(
      runs(async (options: WithConfig & { roles: string; workers: number }) =>
        (await import('./commands/run.ts')).runRun({ ...options, source: sourceOf(options, io) }, io),
      ),
    )

  withSettings(
    program.command('state').description('partitions, shards and the ledger of a namespace, and what windows wait for'),
  )
    .option('--json', 'for programs: a line each look')
    .option('--watch', 'look again every two seconds')
    .action(
      runs(async (options: WithConfig & { json?: boolean; watch?: boolean }) => {
        const stopping = new AbortController()
        process.once('SIGINT', () => stopping.abort())
        const { json = false, watch = false } = options
        return (await import('./commands/state.ts')).runState(
          { source: sourceOf(options, io), json, watch, signal: stopping.signal },
          io,
        )
      }),
    )

  program
    .command('demo')
    .description('see it all on one simulated day, with no server at all')
    .option('--seed <n>', 'which day it is (default: a random one, printed)')
    .option('--speed <speed>', 'max, or simulated seconds per second (default: 2160, a day in 40 s)')
    .option('--no-incidents', 'the same day with nothing wrong')
    .option('--keep', 'leave it running at the end, with /metrics open')
    .option('--port <n>', 'of /metrics with --keep', '9464')
    .action(runs(async (options: DemoOptions) => (await import('./commands/demo.ts')).runDemo(options, io)))

  program.commandsGroup('Try out and look back:')

  withSettings(program.command('replay').description('windows and alerts of event files, the same bytes each time'))
    .argument('<files...>', 'NDJSON files of predictions, plain or .gz')
    .requiredOption('-o, --out <dir>', 'where windows.ndjson and alerts.ndjson go')
    .option('--partitions <n>', 'as many partitions as the topic would have', wholeNumber, 1)
    .option('--csv <file>', COLUMNS)
    .action(
      runs(async (files: string[], options: WithConfig & { out: string; partitions: number; csv?: string }) =>
        (await import('./commands/replay.ts')).runReplay(
          { files, ...options, csv: await csvMapping(options.csv), source: sourceOf(options, io) },
          io,
        ),
      ),
    )

  const reference = program.command('reference').description('profiles that windows are compared with')
  reference
    .command('build')
    .description('make a reference from event files')
    .argument('<files...>', 'NDJSON files of predictions, plain or .gz')
    .requiredOption('-m, --model <name>', 'the model whose events are profiled')
    .requiredOption('-o, --out <file>', 'the reference to write')
    .option('--from <time>', 'only events from this time on')
    .option('--to <time>', 'only events before this time')
    .option('--kind <feature=kind...>', 'numeric or categorical, where the values would mislead')
    .option('--csv <file>', COLUMNS)
    .action(
      runs(
        async (
          files: string[],
          options: { model: string; out: string; from?: string; to?: string; kind?: string[]; csv?: string },
        ) =>
          (await import('./commands/reference.ts')).runReferenceBuild(
            { ...options, files, csv: await csvMapping(options.csv) },
            io,
          ),
      ),
    )
  reference
    .command('show')
    .description('print what a reference holds')
    .argument('<file>', 'the reference')
    .action(runs(async (file: string) => (await import('./commands/reference.ts')).runReferenceShow(file, io)))

  program.commandsGroup('Set up:')

  withSettings(
    program.command('validate').description('say what the configuration means, or everything that is wrong with it'),
  ).action(
    runs(async (options: WithConfig) =>
      (await import('./commands/validate.ts')).runValidate({ source: sourceOf(options, io) }, io),
    ),
  )

  withSettings(
    program
      .command('migrate')
      .description('make the stored state fit changed windows, segments or references, while no process of the namespace runs'),
  ).action(runs(async (options: WithConfig) => (await import('./commands/migrate.ts')).runMigrate(sourceOf(options, io), io)))

  const schemas = program.command('schemas').description('the Avro schemas of the topics')
  withSettings(schemas.command('register').description('register them with the schema registry')).action(
    runs(async (options: WithConfig) => (await import('./commands/schemas.ts')).runSchemasRegister(sourceOf(options, io), io)),
  )

  withSettings(program.command('publish').description('send event files to the topic of predictions'))
    .argument('<files...>', 'NDJSON files of predictions, plain or .gz')
    .option('--end', 'then close every window, as if time had gone on')
    .option('--rate <n>', 'events a second (default: as fast as they are taken)', wholeNumber)
    .option('--csv <file>', COLUMNS)
    .action(
      runs(async (files: string[], options: WithConfig & { end?: boolean; rate?: number; csv?: string }) =>
        (await import('./commands/publish.ts')).runPublish(
          {
            files,
            rate: options.rate,
            end: options.end === true,
            csv: await csvMapping(options.csv),
            source: sourceOf(options, io),
          },
          io,
        ),
      ),
    )

  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    // Help and version end here too, with their own code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage
    if (error instanceof ConfigError) {
      io.stderr.write(error.message)
      return ExitCode.config
    }
    if (error instanceof Error && error.name === 'BadCsvMapping') {
      io.stderr.write(`${error.message}\n`)
      return ExitCode.usage
    }
    throw error
  }
}

const HELP = `
Settings: a flag wins over the environment (TIDEMARK_KAFKA_BROKERS for --kafka-brokers), the
environment over tidemark.yaml. NAME_FILE names a file that holds the value, for secrets.

Exit codes: 0 good · 1 failed · 64 wrong usage · 78 bad configuration`

type WithConfig = Readonly<{ config: string } & Record<string, unknown>>

/** The options of every command that reads tidemark.yaml. */
const withSettings = (command: Command): Command => {
  command
    .option('-c, --config <file>', 'the configuration', 'tidemark.yaml')
    .optionsGroup('Settings that win over the configuration:')
  for (const setting of SETTINGS)
    if (!setting.secret)
      command.option(`--${setting.name} ${PLACEHOLDERS[setting.kind]}`, `${setting.meaning} (${variableOf(setting)})`)
  return command.optionsGroup('Options:')
}

const PLACEHOLDERS = { text: '<text>', list: '<list>', number: '<n>', 'true-or-false': '<boolean>' } as const

/** Where a command's configuration comes from: the file, the environment, and the settings given as flags. */
const sourceOf = (options: WithConfig, io: CommandIo): ConfigSource => ({
  file: options.config,
  environment: io.env,
  flags: Object.fromEntries(
    SETTINGS.flatMap(({ name }) => {
      const value = options[name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())]
      return typeof value === 'string' ? [[name, value]] : []
    }),
  ),
})

const wholeNumber = (text: string): number => {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('Write a whole number from 1.')
  return Number(text)
}

const COLUMNS = 'which column of a CSV file is what: a YAML file (docs/files.md)'

const csvMapping = async (file: string | undefined): Promise<CsvMapping | undefined> =>
  file === undefined ? undefined : (await import('./commands/csv-mapping.ts')).readCsvMapping(file)

const version = (): string => {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown'
}

const isEntry = process.argv[1] !== undefined && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href
if (isEntry) {
  process.exitCode = await main(process.argv.slice(2), processIo())
  endSoon()
}
