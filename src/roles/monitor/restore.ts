import type { Logger } from 'pino'
import type { PartitionReader } from '../../consumers/log.ts'
import { decodePart } from '../../windows/codec.ts'
import { createSeriesPane, endMs, paneId, type SeriesPane } from '../../windows/pane.ts'
import type { StoredPane } from '../../windows/pane-set.ts'
import type { Plans } from '../../windows/plan.ts'
import { parseSeriesKey } from '../../windows/series.ts'
import type { PaneEntry, PartitionMeta } from '../../windows/store/port.ts'
import { startOffset as firstOffset } from '../start-offset.ts'
import type { MonitorContext } from './context.ts'

/** What stored bytes say cannot be used: refused, never guessed. */
export class StoredStateRefused extends Error {
  override readonly name = 'StoredStateRefused'
}

/** A stored entry as a pane; undefined for a model that is no longer watched. */
export const decodeEntry = (entry: PaneEntry, plans: Plans): SeriesPane | undefined => {
  const plan = plans.planOf(parseSeriesKey(entry.series).model)
  if (!plan) return undefined
  const decoded = decodePart(entry.bytes, plan.layout)
  const where = `pane ${paneId(entry.key)} of series ${entry.series}`
  switch (decoded.kind) {
    case 'part':
      return {
        ...createSeriesPane(entry.key, entry.series, plan),
        asOf: decoded.part.asOf,
        onTime: decoded.part.onTime,
        late: decoded.part.late,
      }
    case 'other-version':
      throw new StoredStateRefused(
        `${where} was written with codec version ${decoded.version}: run the release that wrote it, or use another namespace`,
      )
    case 'other-layout':
      throw new StoredStateRefused(
        `${where} has other cells than the configuration asks for (another reference, feature list or bins): use the earlier configuration, or another namespace`,
      )
    case 'damaged':
      throw new StoredStateRefused(
        `${where} is damaged: ${decoded.reason}. Delete the namespace's keys and start again from the log`,
      )
  }
}

/** The panes that still take events from the restart point on, and what is stored at all. */
export const restorePanes = async (
  context: MonitorContext,
  partition: number,
  meta: PartitionMeta | null,
): Promise<Readonly<{ panes: readonly SeriesPane[]; stored: readonly StoredPane[] }>> => {
  if (meta === null) return { panes: [], stored: [] }
  const keys = await context.store.partitions.paneKeys(partition)
  const openFromMs = meta.restart.watermarkMs - context.config.time.allowedLatenessMs
  const entries = await context.store.partitions.readPanes(partition, keys)
  const stored = new Map<string, { key: StoredPane['key']; asOf: number }>()
  const panes: SeriesPane[] = []
  for (const key of keys) stored.set(paneId(key), { key, asOf: 0 })
  for (const entry of entries) {
    const pane = decodeEntry(entry, context.plans)
    const known = stored.get(paneId(entry.key))
    if (!pane || !known) continue
    known.asOf = Math.max(known.asOf, pane.asOf)
    if (endMs(pane.key) > openFromMs) panes.push(pane)
  }
  return { panes, stored: [...stored.values()] }
}

/**
 * Where reading begins: at the restart point, after its place in the log was checked; on a first start as configured. A log
 * that is not the one the state came from is refused; a gap that retention made is said and stepped over.
 */
export const restartOffset = async (
  context: MonitorContext,
  partition: number,
  reader: PartitionReader,
  meta: PartitionMeta | null,
  logger: Logger,
): Promise<number> => {
  if (meta === null) return firstOffset(reader, context.config.kafka.startAt)
  const { lowOffset, highOffset } = await reader.range()
  const offset = Number(meta.restart.offset)
  const topic = context.config.kafka.topics.predictions
  const cure = `the topic was deleted and made again, or truncated: use another namespace, or delete the keys of this one`
  if (offset > highOffset) {
    throw new StoredStateRefused(`${topic}-${partition} ends at ${highOffset}, before the restart point ${offset}: ${cure}`)
  }
  const { fingerprint } = meta.restart
  const found = fingerprint && (await reader.fingerprintAt(Number(fingerprint.baseOffset)))
  if (fingerprint && found && found.crc !== fingerprint.crc) {
    throw new StoredStateRefused(`${topic}-${partition} holds another batch at ${fingerprint.baseOffset} than was read: ${cure}`)
  }
  if (offset < lowOffset) {
    logger.error(
      { partition, offset, lowOffset, lost: lowOffset - offset },
      'retention overtook the restart point: events between them are lost to the windows',
    )
    return lowOffset
  }
  return offset
}
