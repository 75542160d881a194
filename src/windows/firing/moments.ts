import type { WindowConfig } from '../../config/config.ts'
import type { ModelPlan } from '../plan.ts'
import { nextEndMs, type PaneClass } from '../time.ts'

/** A window of a model that is due to be fired: revision 0 at its end, revision 1 at its end + allowed lateness. */
export type Moment = Readonly<{
  dueMs: number
  model: string
  plan: ModelPlan
  paneClass: PaneClass
  window: WindowConfig
  endMs: number
  revision: 0 | 1
}>

/** What decides which windows of a model there are: its panes, and how long it speaks after its last event. */
export type ModelActivity = Readonly<{
  model: string
  plan: ModelPlan
  /** Starts of the panes with data, rising, by width. */
  paneStartsMs: ReadonlyMap<number, readonly number[]>
  /** End of the last pane with data that the series registry remembers; null when it knows none. */
  lastDataMs: number | null
}>

/**
 * Everything due in `(afterMs, throughMs]`, in the order in which it is fired: by due time, then model, window, revision.
 * Windows that touch no data of a model whose series are all retired are stepped over, however long the gap, but for the first:
 * what still fires is closed at its end.
 */
export const dueMoments = (
  models: readonly ModelActivity[],
  afterMs: number,
  throughMs: number,
  time: Readonly<{ allowedLatenessMs: number; retireAfterMs: number }>,
): readonly Moment[] => {
  const moments: Moment[] = []
  for (const activity of models) {
    for (const paneClass of activity.plan.classes) {
      const starts = activity.paneStartsMs.get(paneClass.widthMs) ?? []
      for (const window of paneClass.windows) {
        const spans = spansOf(window, paneClass, starts, activity.lastDataMs, time.retireAfterMs)
        const push = (revision: 0 | 1, delayMs: number): void => {
          for (const endMs of endsWithin(window, spans, afterMs - delayMs, throughMs - delayMs)) {
            moments.push({
              dueMs: endMs + delayMs,
              model: activity.model,
              plan: activity.plan,
              paneClass,
              window,
              endMs,
              revision,
            })
          }
        }
        push(0, 0)
        if (time.allowedLatenessMs > 0) push(1, time.allowedLatenessMs)
      }
    }
  }
  return moments.sort(
    (a, b) =>
      a.dueMs - b.dueMs ||
      compare(a.model, b.model) ||
      compare(a.window.name, b.window.name) ||
      a.revision - b.revision ||
      a.endMs - b.endMs,
  )
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

type Span = Readonly<{ afterMs: number; throughMs: number }>

/** Where windows end that contain a pane, or that end while series still speak, and one more; by rising start. */
const spansOf = (
  window: WindowConfig,
  paneClass: PaneClass,
  paneStartsMs: readonly number[],
  lastDataMs: number | null,
  retireAfterMs: number,
): readonly Span[] => [
  ...(lastDataMs === null ? [] : [{ afterMs: lastDataMs, throughMs: nextEndMs(window, lastDataMs + retireAfterMs) }]),
  ...paneStartsMs.map(startMs => ({
    afterMs: startMs,
    throughMs: nextEndMs(window, Math.max(startMs + window.sizeMs, startMs + paneClass.widthMs + retireAfterMs)),
  })),
]

const endsWithin = (window: WindowConfig, spans: readonly Span[], afterMs: number, throughMs: number): readonly number[] => {
  const ends: number[] = []
  let covered = afterMs
  for (const span of [...spans].sort((a, b) => a.afterMs - b.afterMs)) {
    const last = Math.min(throughMs, span.throughMs)
    for (let end = nextEndMs(window, Math.max(covered, span.afterMs)); end <= last; end += window.everyMs) ends.push(end)
    covered = Math.max(covered, last)
  }
  return ends
}
