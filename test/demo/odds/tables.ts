import { falseAlarmsARun, type Odds } from './false-alarms.ts'
import type { Miss } from './misses.ts'

const power = (value: number): string => value.toExponential(1)

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`

export const falseAlarmTable = (odds: readonly Odds[]): string =>
  [
    row(['rule', 'model', 'tests a run', 'chance of each', 'false alarms in 1,000 runs']),
    row(['---', '---', '--:', '--:', '--:']),
    ...odds.map(({ rule, model, tests, each, reference }) =>
      row([`\`${rule}\``, model, tests, power(each), power(1000 * (tests * each + reference))]),
    ),
    row(['**all**', '', odds.reduce((sum, { tests }) => sum + tests, 0), '', `**${(1000 * falseAlarmsARun(odds)).toFixed(2)}**`]),
  ].join('\n')

export const missTable = (misses: readonly Miss[]): string =>
  [
    row(['incident', 'rule', 'not caught by its 8th window']),
    row(['---', '---', '--:']),
    ...misses.map(({ incident, rule, chance }) => row([incident, `\`${rule}\``, power(chance)])),
  ].join('\n')
