import { type Measure, measure } from '../../../src/windows/measure.ts'
import type { WindowResult } from '../../../src/windows/window-result.ts'
import { MINUTE } from '../alerts.ts'

/** An hour window of shelf-life that ends at `end`. */
export const resultAt = (end: number, given: Partial<WindowResult> = {}): WindowResult => ({
  id: '',
  model: 'shelf-life',
  version: '*',
  segment: {},
  window: '1h',
  start: end - 60 * MINUTE,
  end,
  revision: 0,
  complete: true,
  samples: 2000,
  late: 0,
  measures: [],
  referenceVersion: null,
  policyVersion: 'demo',
  ...given,
})

export const errorRatio = (value: number): Measure => measure('error_ratio', '', value, 2000)
export const coverageRatio = (value: number): Measure => measure('coverage_ratio', '', value, 2000)
export const ksEffect = (subject: string, value: number): Measure => measure('ks_effect', subject, value, 500)
