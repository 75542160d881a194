import { MAX_PANES_PER_WINDOW, paneClasses } from '../windows/time.ts'
import type { Config, ModelConfig, RuleCondition, RuleConfig, WindowConfig } from './config.ts'
import { formatDuration, WEEK_MS } from './durations.ts'

/** `drift: KS passes 0.05 with p below 1e-6 on any feature`. */
export const conditionInWords = (condition: RuleCondition): string => {
  switch (condition.kind) {
    case 'above':
    case 'below': {
      const resolves = condition.resolveAt === condition.threshold ? '' : `, resolves at ${condition.resolveAt}`
      return `${measureInWords(condition)} is ${condition.kind} ${condition.threshold}${resolves}`
    }
    case 'outside': {
      const resolves = condition.margin === 0 ? '' : `, resolves ${condition.margin} inside`
      return `${measureInWords(condition)} is outside ${condition.low}..${condition.high}${resolves}`
    }
    case 'drift':
      return `${condition.test === 'ks' ? 'KS' : 'PSI'} against the reference exceeds ${condition.effect} with p below ${condition.alpha} for ${subjectsInWords(condition.subjects)}`
  }
}

const measureInWords = ({ metric, subject }: Readonly<{ metric: string; subject: string | null }>): string =>
  subject === null ? metric : `${metric} of ${subject}`

const subjectsInWords = (subjects: Extract<RuleCondition, { kind: 'drift' }>['subjects']): string => {
  switch (subjects) {
    case 'features':
      return 'any feature'
    case 'prediction':
      return 'the prediction'
    case 'all':
      return 'any feature or the prediction'
    default:
      return subjects.join(' or ')
  }
}

export const ruleInWords = (rule: RuleConfig): string => {
  const where = rule.window === null ? 'every window' : `window ${rule.window}`
  const models = rule.models.length === 0 ? 'every model' : rule.models.join(', ')
  const versions = rule.versions === 'each' ? ', each version by itself' : ''
  const patience = rule.forWindows === 1 ? '' : ` in ${rule.forWindows} windows in a row`
  const stays = rule.keepFiringForWindows === 1 ? '' : `; resolves after ${rule.keepFiringForWindows} good windows in a row`
  return `${conditionInWords(rule.condition)}${patience} (${where} of ${models}, ${scopeInWords(rule.scope)}${versions}, from ${rule.minSamples} samples)${stays}`
}

const scopeInWords = (scope: RuleConfig['scope']): string => {
  switch (scope.kind) {
    case 'all-traffic':
      return 'all traffic'
    case 'every-series':
      return 'all traffic and each segment'
    case 'segments':
      return scope.dimensions.length === 0 ? 'each segment' : `each ${scope.dimensions.join(' x ')}`
  }
}

/** `1h every 10m: 6 panes of 10m`. */
export const windowInWords = (window: WindowConfig, windows: readonly WindowConfig[]): string => {
  const width = paneClasses(windows).find(paneClass => paneClass.windows.includes(window))?.widthMs ?? window.sizeMs
  const count = window.sizeMs / width
  const sliding = window.everyMs === window.sizeMs ? '' : ` every ${formatDuration(window.everyMs)}`
  const monday = window.sizeMs % WEEK_MS === 0 && window.offsetMs === 4 * (WEEK_MS / 7) ? ' from Monday' : ''
  const offset = window.offsetMs === 0 || monday !== '' ? '' : ` from ${formatDuration(window.offsetMs)} after the epoch`
  const panes = `${count} ${count === 1 ? 'pane' : 'panes'} of ${formatDuration(width)}`
  return `${formatDuration(window.sizeMs)}${sliding}${monday}${offset}, ${panes}${count > MAX_PANES_PER_WINDOW ? ' (many)' : ''}`
}

export const seriesInWords = (model: ModelConfig): string =>
  [
    'all traffic',
    ...model.segments.map(({ dimensions, values }) => {
      const known = dimensions.map(dimension => {
        const listed = values[dimension]
        return listed === undefined
          ? dimension
          : `${dimension} (${listed.length > 5 ? `${listed.length} values` : listed.join(', ')})`
      })
      return `by ${known.join(' x ')}`
    }),
  ].join('; ')

export const featuresInWords = (model: ModelConfig): string => {
  const names = (kind: 'numeric' | 'categorical'): readonly string[] =>
    Object.entries(model.features).flatMap(([name, feature]) => (feature.kind === kind ? [name] : []))
  const parts = (['numeric', 'categorical'] as const).flatMap(kind => {
    const list = names(kind)
    return list.length === 0 ? [] : [`${list.length} ${kind} (${list.slice(0, 8).join(', ')}${list.length > 8 ? ', ...' : ''})`]
  })
  return parts.length === 0 ? 'none' : parts.join(', ')
}

export const startInWords = (startAt: Config['kafka']['startAt']): string =>
  startAt.kind === 'time' ? new Date(startAt.timeMs).toISOString() : startAt.kind
