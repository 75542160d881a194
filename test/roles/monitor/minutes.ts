import type { Config } from '../../../src/config/config.ts'
import { testConfig, testTime } from '../../support/config.ts'
import type { Rig } from './rig.ts'

export const MINUTE = 60_000

/** Nothing waits: windows close with the first event after them, and what is read is stored at once. */
export const PROMPT: Pick<Config, 'time' | 'checkpoint'> = {
  time: testTime({ outOfOrdernessMs: 0, allowedLatenessMs: 0, retireAfterMs: 0 }),
  checkpoint: { intervalMs: 5, maxReplayMs: 30_000, maxBytes: 1 << 20 },
}

export const onPartitions = (partitions: number): Pick<Config, 'kafka'> => ({ kafka: { ...testConfig().kafka, partitions } })

/** Ten events in each of these minutes. */
export const minutes = (...numbers: readonly number[]) =>
  numbers.flatMap(minute => Array.from({ length: 10 }, (_, i) => ({ time: minute * MINUTE + i })))

/** The windows of version 1 so far: minute, events, and whether any are missing. */
export const fired = ({ results }: Rig): readonly string[] =>
  results
    .filter(({ version }) => version === '1')
    .map(({ start, samples, complete }) => `${start / MINUTE}: ${samples} ${complete ? 'complete' : 'incomplete'}`)
