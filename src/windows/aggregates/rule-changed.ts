import type { Dictionary } from '../../events/columns.ts'
import type { Aggregate } from '../aggregate.ts'
import { columnOf } from './column-of.ts'
import { flagRatio } from './ratio.ts'

/** `rule_changed_ratio` of a business rule (the subject): events whose answer that rule changed, of all events. */
export const ruleChanged = (rule: string, dictionary: Dictionary): Aggregate => {
  const column = columnOf(dictionary.businessRules, rule, 'business rule')
  return flagRatio('rule_changed_ratio', rule, columns => columns.ruleChanges[column])
}
