import type { Alert } from '../../src/windows/alert.ts'

export const MINUTE = 60_000

/** A firing alert of shelf-life on an hour window that ends at `windowEnd`. */
export const alertAt = (windowEnd: number, given: Partial<Alert> = {}): Alert => {
  const about: Alert = {
    id: '',
    fingerprint: '',
    incidentId: '',
    sequence: 1,
    state: 'firing',
    rule: 'errors',
    severity: 'critical',
    model: 'shelf-life',
    version: '*',
    segment: {},
    metric: 'ks',
    subject: '',
    window: '1h',
    windowStart: windowEnd - 60 * MINUTE,
    windowEnd,
    revision: 0,
    since: windowEnd,
    value: 0.5,
    low: null,
    high: null,
    pValue: null,
    threshold: 0.2,
    n: 500,
    contributors: [],
    referenceVersion: null,
    policyVersion: 'demo',
    offsets: {},
    message: '',
    links: {},
    ...given,
  }
  const fingerprint = JSON.stringify([about.rule, about.model, about.segment, about.subject])
  const incidentId = about.incidentId === '' ? `${fingerprint}@${windowEnd}` : about.incidentId
  return { ...about, fingerprint, incidentId, id: `${incidentId}/${about.state}` }
}
