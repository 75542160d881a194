import { createScratch } from '../merge.ts'
import { paneId } from '../pane.ts'
import type { Plans } from '../plan.ts'
import { parseSeriesKey } from '../series.ts'
import type { PaneKey } from '../store/port.ts'
import { type FrozenPane, freezePane, type PartitionPart } from './frozen-panes.ts'
import type { ModelActivity } from './moments.ts'
import { createNodes } from './node-cache.ts'
import type { ModelPanes } from './window-cells.ts'

/** The frozen panes that a shard holds in memory, by model and width. A cache: the store has them all. */
export type PaneCache = Readonly<{
  /** Of these keys, those that must be read: not held, or held with late parts that could still change. */
  missing(keys: readonly PaneKey[], closedThroughMs: number): readonly PaneKey[]
  /** Takes what all partitions hold of a pane, in partition order, read when `closedThroughMs` was passed by all. */
  put(key: PaneKey, parts: readonly PartitionPart[], closedThroughMs: number): void
  panesOf(model: string, widthMs: number): ModelPanes
  /** Models that have panes, for the search of due moments. */
  activities(lastDataMs: ReadonlyMap<string, number>): readonly ModelActivity[]
  /** Forgets panes that no window due after `firedThroughMs` needs. */
  forget(firedThroughMs: number): void
  /** Forgets everything: it is read again when a window needs it. */
  clear(): void
  size(): number
  /** Of packed cells. */
  bytes(): number
}>

type OwnPanes = ModelPanes & Readonly<{ byIndex: Map<number, FrozenPane> }>

export const createPaneCache = (plans: Plans, allowedLatenessMs: number): PaneCache => {
  const models = new Map<string, Map<number, OwnPanes>>()
  /** Pane id to whether its late parts are final. */
  const held = new Map<string, { key: PaneKey; lateFinal: boolean }>()
  const scratch = createScratch()
  const leafScratch = createScratch()
  const createPanes = (): OwnPanes => ({ byIndex: new Map(), nodes: createNodes(), scratch, leafScratch })
  const none: ModelPanes = createPanes()
  let paneBytes = 0

  const isLateFinal = (key: PaneKey, closedThroughMs: number): boolean =>
    key.startMs + key.widthMs + allowedLatenessMs <= closedThroughMs

  const maxSizeMs = (widthMs: number): number =>
    Math.max(0, ...plans.classes.filter(c => c.widthMs === widthMs).map(c => c.maxSizeMs))

  return {
    missing: (keys, closedThroughMs) =>
      keys.filter(key => {
        const known = held.get(paneId(key))
        return known === undefined || (!known.lateFinal && isLateFinal(key, closedThroughMs))
      }),
    put: (key, parts, closedThroughMs) => {
      const lateFinal = isLateFinal(key, closedThroughMs)
      held.set(paneId(key), { key, lateFinal })
      const byModel = new Map<string, PartitionPart[]>()
      for (const part of parts) {
        const { model } = parseSeriesKey(part.series)
        const own = byModel.get(model)
        if (own === undefined) byModel.set(model, [part])
        else own.push(part)
      }
      for (const [model, own] of byModel) {
        const plan = plans.planOf(model)
        if (!plan) continue
        const widths = models.get(model) ?? new Map<number, OwnPanes>()
        models.set(model, widths)
        const panes = widths.get(key.widthMs) ?? createPanes()
        widths.set(key.widthMs, panes)
        const index = key.startMs / key.widthMs
        const frozen = freezePane(key, own, plan, lateFinal, scratch)
        paneBytes += frozen.bytes - (panes.byIndex.get(index)?.bytes ?? 0)
        panes.byIndex.set(index, frozen)
      }
    },
    panesOf: (model, widthMs) => models.get(model)?.get(widthMs) ?? none,
    activities: lastDataMs => {
      const last = new Map<string, number>()
      for (const [series, ms] of lastDataMs) {
        const { model } = parseSeriesKey(series)
        last.set(model, Math.max(last.get(model) ?? Number.NEGATIVE_INFINITY, ms))
      }
      const activities: ModelActivity[] = []
      for (const model of new Set([...models.keys(), ...last.keys()])) {
        const plan = plans.planOf(model)
        if (!plan) continue
        const paneStartsMs = new Map<number, readonly number[]>()
        for (const [widthMs, panes] of models.get(model) ?? []) {
          paneStartsMs.set(
            widthMs,
            [...panes.byIndex.keys()].map(index => index * widthMs).sort((a, b) => a - b),
          )
        }
        activities.push({ model, plan, paneStartsMs, lastDataMs: last.get(model) ?? null })
      }
      return activities
    },
    forget: firedThroughMs => {
      /** By width, the last pane that is not needed any more. */
      const forgotten = new Map<number, number>()
      for (const [id, { key }] of held) {
        if (key.startMs + maxSizeMs(key.widthMs) + allowedLatenessMs > firedThroughMs) continue
        held.delete(id)
        const index = key.startMs / key.widthMs
        forgotten.set(key.widthMs, Math.max(index, forgotten.get(key.widthMs) ?? index))
        for (const widths of models.values()) {
          const panes = widths.get(key.widthMs)
          paneBytes -= panes?.byIndex.get(index)?.bytes ?? 0
          panes?.byIndex.delete(index)
        }
      }
      for (const [model, widths] of models) {
        for (const [widthMs, index] of forgotten) widths.get(widthMs)?.nodes.forgetBefore(index + 1)
        if ([...widths.values()].every(panes => panes.byIndex.size === 0)) models.delete(model)
      }
    },
    clear: () => {
      held.clear()
      models.clear()
      paneBytes = 0
    },
    size: () => held.size,
    bytes: () => {
      let bytes = paneBytes
      for (const widths of models.values()) for (const panes of widths.values()) bytes += panes.nodes.bytes()
      return bytes
    },
  }
}
