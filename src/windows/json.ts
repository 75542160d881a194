import type { Alert } from './alert.ts'
import type { WindowResult } from './window-result.ts'

const iso = (ms: number): string => new Date(ms).toISOString()

/** As `--out` writes it: field order fixed, times ISO 8601. */
export const windowResultToJson = ({ start, end, ...rest }: WindowResult): unknown => ({
  id: rest.id,
  model: rest.model,
  version: rest.version,
  segment: rest.segment,
  window: rest.window,
  start: iso(start),
  end: iso(end),
  revision: rest.revision,
  complete: rest.complete,
  samples: rest.samples,
  late: rest.late,
  measures: rest.measures,
  referenceVersion: rest.referenceVersion,
  policyVersion: rest.policyVersion,
})

export const alertToJson = (alert: Alert): unknown => ({
  ...alert,
  windowStart: iso(alert.windowStart),
  windowEnd: iso(alert.windowEnd),
  since: iso(alert.since),
})
