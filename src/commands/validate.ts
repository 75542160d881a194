import type { Config, ModelConfig } from '../config/config.ts'
import { formatDuration } from '../config/durations.ts'
import { hidePassword } from '../config/kinds.ts'
import { type ConfigSource, checkConfig } from '../config/load.ts'
import { policyVersion } from '../config/policy.ts'
import { formatProblems } from '../config/problem.ts'
import { featuresInWords, ruleInWords, seriesInWords, startInWords, windowInWords } from '../config/words.ts'
import { type CommandIo, ExitCode } from './io.ts'

export type ValidateOptions = Readonly<{ source: ConfigSource }>

/** `tidemark validate`: what the configuration means, or everything that is wrong with it. */
export const runValidate = async ({ source }: ValidateOptions, io: CommandIo): Promise<number> => {
  const checked = checkConfig(source)
  if (checked.kind === 'bad') {
    io.stderr.write(formatProblems(checked.problems))
    return ExitCode.config
  }
  io.stdout.write(summarize(source.file, checked.config))
  return ExitCode.ok
}

/** The configuration for people: addresses without passwords, windows with their panes, rules as sentences. */
export const summarize = (file: string, config: Config): string => {
  const { kafka, time, elasticsearch } = config
  const { topics } = kafka
  const lines = [
    `${file} is in order.`,
    '',
    ...table('', [
      ['namespace', config.namespace],
      [
        'reads',
        `topic ${topics.predictions} of ${kafka.brokers.join(', ')}, from ${startInWords(kafka.startAt)} on the first start`,
      ],
      [
        'writes',
        `topics ${topics.windows}, ${topics.alerts}, ${topics.deadLetters}${kafka.createTopics ? ` (missing ones are made)` : ''}`,
      ],
      ['schemas', hidePassword(config.schemaRegistry.url)],
      ['state', hidePassword(config.redis.url)],
      ['archive', elasticsearch === null ? 'none' : `index ${elasticsearch.index} of ${hidePassword(elasticsearch.url)}`],
      ['metrics', `http://${config.http.host}:${config.http.port}/metrics`],
      [
        'time',
        `events up to ${formatDuration(time.outOfOrdernessMs)} out of order; late ones count for another ${formatDuration(time.allowedLatenessMs)}`,
      ],
      ['policy', policyVersion(config)],
    ]),
    ...config.models.flatMap(model => ['', ...modelLines(model)]),
    '',
    config.rules.length === 0 ? 'no rules: windows are measured, nothing is judged' : 'rules',
    ...table(
      '  ',
      config.rules.map(rule => [rule.name, `${rule.severity} when ${ruleInWords(rule)}`]),
    ),
  ]
  return `${lines.join('\n')}\n`
}

const modelLines = (model: ModelConfig): readonly string[] => {
  const { reference, windows } = model
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
  return [
    model.name === '*' ? 'every model that is not named' : `model ${model.name}`,
    ...table('  ', [
      [
        'reference',
        reference === null
          ? 'none'
          : `${reference.version}: ${reference.samples} events, ${day(reference.startMs)} to ${day(reference.endMs)}`,
      ],
      ...windows.map((window, i): readonly [string, string] => [
        i === 0 ? 'windows' : '',
        `${window.name}: ${windowInWords(window, windows)}`,
      ]),
      ['series', seriesInWords(model)],
      ['features', featuresInWords(model)],
      ...(model.itemsAtLeast.length > 0 ? [['items', `at least ${model.itemsAtLeast.join(', ')}`] as const] : []),
      ...(model.businessRules.length > 0 ? [['changed by', model.businessRules.join(', ')] as const] : []),
    ]),
  ]
}

const table = (indent: string, rows: readonly (readonly [string, string])[]): readonly string[] => {
  const width = Math.max(0, ...rows.map(([name]) => name.length))
  return rows.map(([name, text]) => `${indent}${name.padEnd(width)}  ${text}`)
}
