import { paneId } from '../pane.ts'
import type { Plans } from '../plan.ts'
import { parseSeriesKey } from '../series.ts'
import type { PaneKey } from '../store/port.ts'
import { type FrozenPane, freezePane, type PartitionPart } from './frozen-panes.ts'
import type { ModelActivity } from './moments.ts'
import type { PanesByIndex } from './window-cells.ts'

/** The frozen panes that a shard holds in memory, by model and width. A cache: the store has them all. */
export type PaneCache = Readonly<{
  /** Of these keys, those that must be read: not held, or held with late parts that could still change. */
  missing(keys: readonly PaneKey[], closedThroughMs: number): readonly PaneKey[]
  /** Takes what all partitions hold of a pane, in partition order, read when `closedThroughMs` was passed by all. */
  put(key: PaneKey, parts: readonly PartitionPart[], closedThroughMs: number): void
  panesOf(model: string, widthMs: number): PanesByIndex
  /** Models that have panes, for the search of due moments. */
  activities(lastDataMs: ReadonlyMap<string, number>): readonly ModelActivity[]
  /** Forgets panes that no window due after `firedThroughMs` needs. */
  forget(firedThroughMs: number): void
  size(): number
}>

export const createPaneCache = (plans: Plans, allowedLatenessMs: number): PaneCache => {
  const models = new Map<string, Map<number, Map<number, FrozenPane>>>()
  /** Pane id to whether its late parts are final. */
  const held = new Map<string, { key: PaneKey; lateFinal: boolean }>()
  const none: PanesByIndex = new Map()

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
        byModel.set(model, [...(byModel.get(model) ?? []), part])
      }
      for (const [model, own] of byModel) {
        const plan = plans.planOf(model)
        if (!plan) continue
        const widths = models.get(model) ?? new Map<number, Map<number, FrozenPane>>()
        models.set(model, widths)
        const panes = widths.get(key.widthMs) ?? new Map<number, FrozenPane>()
        widths.set(key.widthMs, panes)
        panes.set(key.startMs / key.widthMs, freezePane(key, own, plan, lateFinal))
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
            [...panes.keys()].map(index => index * widthMs).sort((a, b) => a - b),
          )
        }
        activities.push({ model, plan, paneStartsMs, lastDataMs: last.get(model) ?? null })
      }
      return activities
    },
    forget: firedThroughMs => {
      for (const [id, { key }] of held) {
        if (key.startMs + maxSizeMs(key.widthMs) + allowedLatenessMs > firedThroughMs) continue
        held.delete(id)
        for (const widths of models.values()) widths.get(key.widthMs)?.delete(key.startMs / key.widthMs)
      }
      for (const [model, widths] of models) if ([...widths.values()].every(panes => panes.size === 0)) models.delete(model)
    },
    size: () => held.size,
  }
}
