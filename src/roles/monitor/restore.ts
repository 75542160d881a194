import type { PartitionReader } from '../../consumers/log.ts'
import { type PackedPart, type Refused, splitPart } from '../../windows/codec.ts'
import { createSeriesPane, endMs, paneId, type SeriesPane } from '../../windows/pane.ts'
import type { StoredPane } from '../../windows/pane-set.ts'
import type { ModelPlan, Plans } from '../../windows/plan.ts'
import { parseSeriesKey } from '../../windows/series.ts'
import type { PaneEntry, PartitionMeta } from '../../windows/store/port.ts'
import { startOffset as firstOffset } from '../start-offset.ts'
import { type MonitorContext, OwnershipLost } from './context.ts'
import { monitorGroup } from './group.ts'
import type { Topology } from './topology.ts'

/** What stored bytes say cannot be used: refused, never guessed. */
export class StoredStateRefused extends Error {
  override readonly name = 'StoredStateRefused'
}

/**
 * A stored entry, its cells packed: views of the entry's bytes. undefined for a model that is no longer watched, and for what a
 * migration left behind.
 */
export const splitEntry = (entry: PaneEntry, decoding: Decoding): (PackedPart & Readonly<{ plan: ModelPlan }>) | undefined => {
  const plan = planOf(entry, decoding)
  if (!plan) return undefined
  const split = splitPart(entry.bytes, plan.layout)
  if (split.kind !== 'part') throw refused(entry, split)
  return { ...split.part, plan }
}

type Decoding = Readonly<{ plans: Plans; topology: Pick<Topology, 'sinceMs'> }>

const planOf = ({ key, series }: PaneEntry, { plans, topology }: Decoding): ModelPlan | undefined => {
  const { model } = parseSeriesKey(series)
  const plan = plans.planOf(model)
  return plan && key.startMs >= topology.sinceMs(plan.config.name) ? plan : undefined
}

const refused = (entry: PaneEntry, decoded: Refused): StoredStateRefused => {
  const where = `pane ${paneId(entry.key)} of series ${entry.series}`
  switch (decoded.kind) {
    case 'other-version':
      return new StoredStateRefused(
        `${where} was written with codec version ${decoded.version}: run the release that wrote it, or use another namespace`,
      )
    case 'other-layout':
      return new StoredStateRefused(
        `${where} has other cells than the configuration asks for (another reference, feature list or bins): use the earlier configuration, run \`tidemark migrate\`, or use another namespace`,
      )
    case 'damaged':
      return new StoredStateRefused(
        `${where} is damaged: ${decoded.reason}. Delete the namespace's keys and start again from the log`,
      )
  }
}

/** Panes whose stored bytes are in memory together. */
const PANES_AT_ONCE = 16

/** The panes that still take events from the restart point on, and what is stored at all. */
export const restorePanes = async (
  context: MonitorContext,
  partition: number,
  meta: PartitionMeta | null,
): Promise<Readonly<{ panes: readonly SeriesPane[]; stored: readonly StoredPane[] }>> => {
  if (meta === null) return { panes: [], stored: [] }
  const keys = await context.store.partitions.paneKeys(partition)
  const openFromMs = meta.restart.watermarkMs - context.config.time.allowedLatenessMs
  const stored = new Map<string, { key: StoredPane['key']; asOf: number; parts: number; bytes: number }>()
  const panes: SeriesPane[] = []
  for (const key of keys) stored.set(paneId(key), { key, asOf: 0, parts: 0, bytes: 0 })
  const restore = (entry: PaneEntry): void => {
    const known = stored.get(paneId(entry.key))
    if (!known) return
    known.parts++
    known.bytes += entry.bytes.length
    const part = splitEntry(entry, context)
    if (!part) return
    const { asOf, onTimeAsOf, plan } = part
    known.asOf = Math.max(known.asOf, asOf)
    if (endMs(entry.key) <= openFromMs) return
    // a copy: what was read is a view of a larger buffer
    const packed = Uint8Array.from(entry.bytes)
    panes.push({ ...createSeriesPane(entry.key, entry.series, plan), asOf, onTimeAsOf, packed, storedBytes: packed.length })
  }
  for (let from = 0; from < keys.length; from += PANES_AT_ONCE) {
    const entries = await context.store.partitions.readPanes(partition, keys.slice(from, from + PANES_AT_ONCE))
    for (const entry of entries) restore(entry)
  }
  return { panes, stored: [...stored.values()] }
}

/** Where reading begins, and how many records that should have come before have left the log. */
export type Start = Readonly<{
  offset: number
  lostRecords: number
  /** The state was there before and is gone: the log is read again from its beginning. */
  rebuilt: boolean
}>

/**
 * Reading begins at the restart point, after its place in the log was checked; on a first start as configured, in a partition
 * that was added since at its beginning. A log that is
 * not the one the state came from is refused; a gap that retention made is said and stepped over. `everOwned`: whether the
 * partition had state before; where it is gone, nothing begins anew in silence.
 */
export const startOf = async (
  context: MonitorContext,
  partition: number,
  reader: PartitionReader,
  meta: PartitionMeta | null,
  everOwned: () => Promise<boolean>,
): Promise<Start> => {
  const { config, logger } = context
  const name = `${config.kafka.topics.predictions}-${partition}`
  const { lowOffset, highOffset } = await reader.range()
  if (meta === null) {
    if (!(await everOwned())) {
      const isAdded = partition >= context.topology.shardCount
      const offset = isAdded ? lowOffset : await firstOffset(reader, config.kafka.startAt)
      return { offset, lostRecords: 0, rebuilt: false }
    }
    // written since the claim: this process was asleep, and another one has begun
    const written = (await context.store.partitions.progress(partition + 1))[partition]
    if (written !== null) throw new OwnershipLost('fenced', `partition ${partition}`)
    if (config.redis.lostState === 'refuse') throw new StoredStateRefused(lostState(context, name))
    logger.error(
      { partition, lowOffset },
      'the state of the partition is gone from Redis: reading the log again from its beginning; windows that miss events are incomplete',
    )
    return { offset: lowOffset, lostRecords: lowOffset, rebuilt: true }
  }
  const offset = Number(meta.restart.offset)
  const cure = `the topic was deleted and made again, or truncated: use another namespace, or delete the keys of this one`
  if (offset > highOffset)
    throw new StoredStateRefused(`${name} ends at ${highOffset}, before the restart point ${offset}: ${cure}`)
  const { fingerprint } = meta.restart
  const found = fingerprint && (await reader.fingerprintAt(Number(fingerprint.baseOffset)))
  if (fingerprint && found && found.crc !== fingerprint.crc)
    throw new StoredStateRefused(`${name} holds another batch at ${fingerprint.baseOffset} than was read: ${cure}`)
  if (offset >= lowOffset) return { offset, lostRecords: 0, rebuilt: false }
  const lostRecords = lowOffset - offset
  logger.error(
    { partition, offset, lowOffset, lostRecords },
    'retention overtook the restart point: the events between are lost, windows that miss them are incomplete',
  )
  return { offset: lowOffset, lostRecords, rebuilt: false }
}

const lostState = ({ config }: MonitorContext, name: string): string =>
  `the state of ${name} is gone from Redis, but it was there before (group ${monitorGroup(config.namespace)} has committed offsets, or ` +
  'other partitions say so): was Redis wiped, or is redis.url another server? Bring the data back; or set redis.lostState: rebuild, ' +
  'to read the log again from its beginning; or use another namespace'
