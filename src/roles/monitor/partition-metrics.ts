import type { Fetched } from '../../consumers/log.ts'
import type { PartitionWindows } from '../../windows/partition.ts'
import { parseSeriesKey } from '../../windows/series.ts'
import type { PartitionMeta } from '../../windows/store/port.ts'
import { NO_TIME_MS } from '../../windows/time.ts'
import type { MonitorContext } from './context.ts'
import type { PauseReason } from './pausing.ts'
import type { RaiseReason } from './raising.ts'

/** What a partition's owner tells of it: to Prometheus, and to the budgets of the process. */
export type PartitionMetrics = Readonly<{
  /** A checkpoint is in the store. */
  checkpointed(meta: PartitionMeta, nowMs: number, deadLetterBytes: number): void
  /** Memory in use, now that so many bytes of dead letters wait. */
  held(nowMs: number, deadLetterBytes: number): void
  /** An answer was folded; an open transaction may hide what follows. */
  read(offset: number, records: Extract<Fetched, { kind: 'records' }>, stalledByOpenTransaction: boolean): void
  paused(reason: PauseReason, isPaused: boolean): void
  raised(reason: RaiseReason): void
  close(): void
}>

/** The answer that is folded, the one under way, and what a batch of either decompresses to, in fetches. */
const ANSWERS_HELD = 4
/** Open panes are weighed one by one: ten thousand series take a millisecond. */
const WEIGH_MS = 250

export const createPartitionMetrics = (
  { budgets, config, metrics }: Pick<MonitorContext, 'budgets' | 'config' | 'metrics'>,
  partition: number,
  windows: PartitionWindows,
): PartitionMetrics => {
  const topic = config.kafka.topics.predictions
  const records = budgets.memory.part('records')
  const openPanes = budgets.memory.part('open-panes')
  const deadLetters = budgets.memory.part('dead-letters')
  const storedPanes = budgets.state.part('panes')
  const toldTooLate = new Map<string, number>()
  let weighedMs = Number.NEGATIVE_INFINITY
  metrics.process.ledger(topic, partition, windows.ledger())
  records.set(ANSWERS_HELD * config.kafka.fetchMaxBytes)

  const weigh = (nowMs: number): void => {
    weighedMs = nowMs
    openPanes.set(windows.usage().openBytes)
  }

  const tellTooLate = (): void => {
    for (const [series, count] of windows.tooLateBySeries) {
      const more = count - (toldTooLate.get(series) ?? 0)
      if (more === 0) continue
      const { model, version } = parseSeriesKey(series)
      metrics.process.tooLate(model, version, more)
      toldTooLate.set(series, count)
    }
  }

  return {
    checkpointed: (meta, nowMs, deadLetterBytes) => {
      // what it freed may be what reading waits for
      deadLetters.set(deadLetterBytes)
      weigh(nowMs)
      storedPanes.set(meta.usage.storedBytes)
      metrics.process.partitionStored(topic, partition, { ...meta, restartOffset: meta.restart.offset })
    },
    held: (nowMs, deadLetterBytes) => {
      deadLetters.set(deadLetterBytes)
      if (nowMs - weighedMs >= WEIGH_MS) weigh(nowMs)
    },
    read: (offset, { highWatermark }, stalledByOpenTransaction) => {
      tellTooLate()
      metrics.process.ledger(topic, partition, windows.ledger())
      metrics.process.partition('monitor', topic, partition, {
        position: offset,
        highWatermark,
        watermarkMs: windows.watermarkMs() === NO_TIME_MS ? null : windows.watermarkMs(),
      })
      metrics.process.partitionPaused('monitor', topic, partition, 'open-transaction', stalledByOpenTransaction)
    },
    paused: (reason, isPaused) => metrics.process.partitionPaused('monitor', topic, partition, reason, isPaused),
    raised: reason => metrics.process.partitionRaised(topic, partition, reason),
    close: () => {
      for (const part of [records, openPanes, deadLetters, storedPanes]) part.close()
    },
  }
}
