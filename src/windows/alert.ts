import type { Segment } from './series.ts'

export type AlertState = 'pending' | 'firing' | 'resolved' | 'retracted'

/** A bin, category or segment that contributed to a score. Shares and contribution are 0..1. */
export type Contributor = Readonly<{
  kind: 'bin' | 'category' | 'segment'
  name: string
  share: number
  referenceShare: number | null
  contribution: number
}>

/** A verdict that left: `schemas/alert.avsc`. Times in ms since the epoch. */
export type Alert = Readonly<{
  id: string
  fingerprint: string
  incidentId: string
  sequence: number
  state: AlertState
  rule: string
  severity: string
  model: string
  version: string
  segment: Segment
  metric: string
  subject: string
  window: string
  windowStart: number
  windowEnd: number
  revision: number
  since: number
  value: number | null
  low: number | null
  high: number | null
  pValue: number | null
  threshold: number
  n: number
  contributors: readonly Contributor[]
  referenceVersion: string | null
  policyVersion: string
  /** Partition to the offset before which the verdict's events lie. */
  offsets: Readonly<Record<string, number>>
  message: string
  links: Readonly<Record<string, string>>
}>

/** Enough of an alert that fires to say that it is over, when no window speaks of it any more. */
export type FiringAlert = Pick<
  Alert,
  'rule' | 'severity' | 'model' | 'version' | 'segment' | 'metric' | 'subject' | 'window' | 'threshold' | 'referenceVersion'
>

/** Removes a fingerprint from the compacted topic; `endMs`: of the window with which it was over. */
export type Tombstone = Readonly<{ tombstone: string; endMs: number }>
