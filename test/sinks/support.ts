import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Alert } from '../../src/windows/alert.ts'
import { measure } from '../../src/windows/measure.ts'
import type { WindowResult } from '../../src/windows/window-result.ts'

/** A minute of model `m`, all versions and all traffic, unless said otherwise. */
export const windowResult = (some: Partial<WindowResult> = {}): WindowResult => ({
  id: 'w1',
  model: 'm',
  version: '*',
  segment: {},
  window: '1m',
  start: 0,
  end: 60_000,
  revision: 0,
  complete: true,
  samples: 100,
  late: 0,
  measures: [measure('error_ratio', '', 0.25, 100)],
  referenceVersion: null,
  policyVersion: 'p1',
  ...some,
})

export const alert = (some: Partial<Alert> = {}): Alert => ({
  id: 'a1',
  fingerprint: 'f1',
  incidentId: 'i1',
  sequence: 1,
  state: 'firing',
  rule: 'errors',
  severity: 'critical',
  model: 'm',
  version: '*',
  segment: {},
  metric: 'error_ratio',
  subject: '',
  window: '1m',
  windowStart: 0,
  windowEnd: 60_000,
  revision: 0,
  since: 60_000,
  value: 0.25,
  low: null,
  high: null,
  pValue: null,
  threshold: 0.1,
  n: 100,
  contributors: [],
  referenceVersion: null,
  policyVersion: 'p1',
  offsets: { 0: 100 },
  message: 'Error ratio of m is 0.25, above 0.1',
  links: {},
  ...some,
})

/** Resolves when the condition holds, looking again at every turn of the event loop; the test's own timeout is the limit. */
export const until = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await condition())) await nextTurn()
}
