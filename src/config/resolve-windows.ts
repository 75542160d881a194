import { MAX_PANES_PER_WINDOW, paneWidthMs } from '../windows/time.ts'
import type { WindowConfig } from './config.ts'
import { DAY_MS, formatDuration, HOUR_MS, MINUTE_MS, SECOND_MS, WEEK_MS } from './durations.ts'
import type { Path } from './problem.ts'
import { present, type ResolveContext, reportRepeats } from './resolve-context.ts'
import type { ModelEntry, WindowEntry } from './schema-models.ts'

export const resolveWindows = (entry: ModelEntry, path: Path, { report }: ResolveContext): readonly WindowConfig[] => {
  const windows = entry.windows.map((window, i) => window && resolveWindow(window, [...path, 'windows', i], { report }))
  if (windows.length === 0)
    report([...path, 'windows'], 'lists no window', 'name at least one, such as 1h, or remove the key for the defaults')
  reportRepeats(
    windows.map(window => window?.name),
    i => [...path, 'windows', i, 'name'],
    report,
  )
  return present(windows).map(([, window]) => window)
}

/** Monday 00:00 UTC is four days after the epoch, which was a Thursday. */
const MONDAY_MS = 4 * DAY_MS

const resolveWindow = (entry: WindowEntry, path: Path, { report }: Pick<ResolveContext, 'report'>): WindowConfig => {
  const { size: sizeMs, every: everyMs = entry.size } = entry
  const name =
    entry.name ?? (everyMs === sizeMs ? formatDuration(sizeMs) : `${formatDuration(sizeMs)}-every-${formatDuration(everyMs)}`)
  const offsetMs = entry.offset ?? (sizeMs % WEEK_MS === 0 ? MONDAY_MS % everyMs : 0)
  const window = { name, sizeMs, everyMs, offsetMs }
  if (everyMs > sizeMs)
    report(
      [...path, 'every'],
      `${formatDuration(everyMs)} is longer than the size ${formatDuration(sizeMs)}: events between two windows would be in none`,
      `write at most ${formatDuration(sizeMs)}`,
    )
  else if (sizeMs % everyMs !== 0)
    report(
      [...path, 'every'],
      `${formatDuration(everyMs)} does not divide the size ${formatDuration(sizeMs)}`,
      `write ${formatDuration(nearestDivisor(sizeMs, everyMs))}`,
    )
  else if (offsetMs >= everyMs)
    report(
      [...path, 'offset'],
      `${formatDuration(offsetMs)} is not below ${formatDuration(everyMs)}, after which windows repeat`,
      `write ${formatDuration(offsetMs % everyMs)}`,
    )
  else if (sizeMs / paneWidthMs(window) > MAX_PANES_PER_WINDOW) reportPanes(window, path, { report })
  return window
}

const reportPanes = (window: WindowConfig, path: Path, { report }: Pick<ResolveContext, 'report'>): void => {
  const pane = paneWidthMs(window)
  const aligned = window.offsetMs % window.everyMs === 0 || pane === window.everyMs
  const least = nearestDivisor(window.sizeMs, Math.ceil(window.sizeMs / MAX_PANES_PER_WINDOW))
  report(
    [...path, aligned ? 'every' : 'offset'],
    `cuts ${formatDuration(window.sizeMs)} into ${window.sizeMs / pane} panes of ${formatDuration(pane)}; at most ${MAX_PANES_PER_WINDOW} are kept`,
    aligned ? `write \`every: ${formatDuration(least)}\` or more` : `write an offset in whole ${formatDuration(least)}`,
  )
}

/** The divisor of a size that people would write: at least as long as wanted, in the largest whole unit. */
const nearestDivisor = (sizeMs: number, wantedMs: number): number => {
  for (const unit of [DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, 1]) {
    if (unit > wantedMs && unit !== 1) continue
    const first = Math.ceil(wantedMs / unit)
    // Odd sizes have no nice divisor: do not look for one for ever.
    for (let count = first; count < first + 10_000 && count * unit <= sizeMs / 2; count++)
      if (sizeMs % (count * unit) === 0) return count * unit
  }
  return sizeMs
}
