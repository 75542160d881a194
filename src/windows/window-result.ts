import type { Measure } from './measure.ts'
import type { Segment } from './series.ts'

/** What a closed window measured: `schemas/window-result.avsc`. Times in ms since the epoch. */
export type WindowResult = Readonly<{
  id: string
  model: string
  version: string
  segment: Segment
  window: string
  start: number
  end: number
  revision: 0 | 1
  complete: boolean
  samples: number
  late: number
  measures: readonly Measure[]
  referenceVersion: string | null
  policyVersion: string
}>
