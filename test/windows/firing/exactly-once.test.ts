import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { claimShard } from '../../../src/roles/monitor/shard-session.ts'
import { floorTo, nextEndMs } from '../../../src/windows/time.ts'
import { testConfig, testTime } from '../../support/config.ts'
import { openPartition, type TestPartition } from '../../support/partition.ts'
import { createRandom, type Random } from '../../support/random.ts'
import { createTwins } from '../../support/twins.ts'

/**
 * Random logs of three partitions, random schedules of folding, checkpoints, firing and crashes: every window that leaves
 * must say what the logs alone say. The model of the protocol's time rules, on the real code and the store's twin.
 */
const PANE = 10
const BOUND = 8
const LATE = 15
const PARTITIONS = 3

type LogEvent = Readonly<{ timeMs: number; latencyMs: number }>

const randomLog = (random: Random, length: number, startMs: number): readonly LogEvent[] => {
  let t = startMs
  return Array.from({ length }, () => {
    t += random.pick([0, 1, 1, 2, 3])
    return { timeMs: Math.max(0, t - Math.floor(-7 * Math.log(1 - random.uniform()))), latencyMs: 1 + random.below(9) }
  })
}

type Expected = Readonly<{ samples: number; late: number }>

/** By definition: each log classified by its own watermark, then windows summed pane by pane. */
const batchOracle = (logs: readonly (readonly LogEvent[])[]) => {
  const panes = new Map<number, { onTime: number; late: number }>()
  let tooLate = 0
  for (const log of logs) {
    let watermark = Number.NEGATIVE_INFINITY
    for (const { timeMs } of log) {
      const start = floorTo(timeMs, PANE)
      const pane = panes.get(start) ?? { onTime: 0, late: 0 }
      if (start + PANE > watermark) panes.set(start, { ...pane, onTime: pane.onTime + 1 })
      else if (start + PANE + LATE > watermark) panes.set(start, { ...pane, late: pane.late + 1 })
      else tooLate++
      watermark = Math.max(watermark, timeMs - BOUND)
    }
  }
  const window = (end: number, size: number, revision: 0 | 1): Expected => {
    let samples = 0
    let late = 0
    for (let start = end - size; start < end; start += PANE) {
      const pane = panes.get(start)
      if (!pane) continue
      samples += pane.onTime
      if (revision === 1 || start + PANE + LATE <= end) {
        samples += pane.late
        late += pane.late
      }
    }
    return { samples, late }
  }
  /** Revision 0 is there when something that it takes is there. */
  const hasFirst = (end: number, size: number): boolean =>
    [...panes].some(([start, pane]) => {
      if (start < end - size || start >= end) return false
      return pane.onTime > 0 || (pane.late > 0 && start + PANE + LATE <= end)
    })
  const hasRevision = (end: number, size: number): boolean =>
    [...panes].some(([start, pane]) => start >= end - size && start < end && start + PANE + LATE > end && pane.late > 0)
  return {
    window,
    hasFirst,
    hasRevision,
    tooLate,
    starts: [...panes].filter(([, p]) => p.onTime + p.late > 0).map(([start]) => start),
  }
}

const history = async (seed: number): Promise<void> => {
  const random = createRandom(seed)
  const config = testConfig({
    time: testTime({ outOfOrdernessMs: BOUND, allowedLatenessMs: LATE, idleTimeoutMs: 1e9, maxFutureMs: 1e9, retireAfterMs: 0 }),
    checkpoint: { intervalMs: 0, maxReplayMs: 1e9, maxBytes: random.pick([0, 300, 1e6]) },
  })
  const logs = Array.from({ length: PARTITIONS }, () => randomLog(random, 200, random.below(60)))
  const oracle = batchOracle(logs)
  const twins = await createTwins(config)
  const { context, results } = twins
  const open = (p: number): Promise<TestPartition> => openPartition(context, p, logs[p], random)
  const partitions = await Promise.all(logs.map((_, p) => open(p)))
  let incarnation = 0
  const claim = () =>
    claimShard(context, {
      shard: partitions[0].shard,
      token: `shard-${incarnation++}`,
      logger: pino({ level: 'silent' }),
      signal: new AbortController().signal,
      bounds: {
        stepBytes: random.pick([1, 200, 1e9]),
        resultsAtOnce: random.pick([1, 3]),
        resultsPerCommit: random.pick([1, 10]),
      },
    })
  let shard = await claim()
  let other = 0
  for (let step = 0; partitions.some(p => !p.ended()) || other < 5; step++) {
    if (step > 5_000) throw new Error('the history does not end')
    const p = random.below(PARTITIONS)
    const act = random.uniform()
    if (act < 0.6) await partitions[p].fold(1 + random.below(30))
    else if (act < 0.75) await partitions[p].checkpoint()
    else if (act < 0.8)
      partitions[p] = await open(p) // a crash: memory gone, claimed again
    else if (act < 0.84) shard = await claim()
    else await shard.round()
    if (partitions.every(x => x.ended())) {
      other++
      for (const x of partitions) await x.checkpoint()
      await shard.round()
    }
  }
  const sizes = { tumbling: 10, sliding: 40 } as const
  const seen = new Map<string, Expected>()
  for (const result of results) {
    const size = sizes[result.window as keyof typeof sizes]
    const said = { samples: result.samples, late: result.late }
    expect(said, `${result.id} r${result.revision}`).toEqual(oracle.window(result.end, size, result.revision))
    seen.set(`${result.version} ${result.window} ${result.end} ${result.revision}`, said)
  }
  // nothing is missing: every window that contains data was fired, and again where late events came after
  for (const [name, size] of Object.entries(sizes)) {
    const every = { name, sizeMs: size, everyMs: PANE, offsetMs: 0 }
    for (const start of oracle.starts) {
      for (let end = nextEndMs(every, start); end <= start + size; end += PANE) {
        expect(seen.has(`* ${name} ${end} 0`), `${name} ${end} revision 0`).toBe(oracle.hasFirst(end, size))
        expect(seen.has(`* ${name} ${end} 1`), `${name} ${end} revision 1`).toBe(oracle.hasRevision(end, size))
      }
    }
  }
  const tooLate = partitions.reduce((sum, x) => sum + x.ledger().tooLate, 0)
  expect(tooLate).toBe(oracle.tooLate)
  for (const [p, x] of partitions.entries()) {
    const ledger = x.ledger()
    expect(ledger.read).toBe(logs[p].length)
    expect(ledger.inWindows + ledger.tooLate + ledger.deadLettered + ledger.skipped).toBe(ledger.read)
  }
}

describe('windows under crashes', () => {
  it('say what the logs say, whatever the schedule of folding, checkpoints, firing and crashes', async () => {
    const first = Number(process.env.TIDEMARK_SEED ?? Math.floor(Math.random() * 1e9))
    const histories = Number(process.env.TIDEMARK_HISTORIES ?? 15)
    for (let seed = first; seed < first + histories; seed++) {
      await history(seed).catch(error => {
        throw new Error(`history with TIDEMARK_SEED=${seed}`, { cause: error })
      })
    }
  })
})
