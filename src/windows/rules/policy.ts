import type { RuleConfig } from '../../config/config.ts'
import { ALL_VERSIONS } from '../series.ts'
import type { WindowResult } from '../window-result.ts'

/** All rules and thresholds, and the hash by which results and alerts name them. */
export type Policy = Readonly<{ version: string; rules: readonly RuleConfig[] }>

/** Whether a rule speaks of a series' window. */
export const applies = (rule: RuleConfig, result: WindowResult): boolean =>
  (rule.models.length === 0 || rule.models.includes(result.model)) &&
  (rule.window === null || rule.window === result.window) &&
  (result.version === ALL_VERSIONS) === (rule.versions === 'merged') &&
  isInScope(rule, Object.keys(result.segment))

const isInScope = (rule: RuleConfig, dimensions: readonly string[]): boolean => {
  switch (rule.scope.kind) {
    case 'all-traffic':
      return dimensions.length === 0
    case 'every-series':
      return true
    case 'segments': {
      const wanted = rule.scope.dimensions
      return wanted.length === 0
        ? dimensions.length > 0
        : wanted.length === dimensions.length && wanted.every(d => dimensions.includes(d))
    }
  }
}
