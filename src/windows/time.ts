import type { WindowConfig } from '../config/config.ts'

/** Before every event time; finite, so that it survives JSON. The smallest time value of ECMAScript. */
export const NO_TIME_MS = -8.64e15

/** At most this many panes make up a window: beyond it a merge costs more than panes of a class of its own. */
export const MAX_PANES_PER_WINDOW = 128

/** Windows that share panes of one width. */
export type PaneClass = Readonly<{
  widthMs: number
  windows: readonly WindowConfig[]
  /** The largest window: how long after its start a pane is still needed. */
  maxSizeMs: number
}>

const gcd = (a: number, b: number): number => {
  while (b !== 0) [a, b] = [b, a % b]
  return a
}

/** The widest pane that tiles a window: it divides size, step and offset (panes lie on absolute multiples of their width). */
export const paneWidthMs = (window: WindowConfig): number => gcd(gcd(window.sizeMs, window.everyMs), window.offsetMs)

/**
 * Groups windows so that each class's panes tile all its windows and none has more than MAX_PANES_PER_WINDOW: smallest
 * first, a window joins the first class that still satisfies this.
 */
export const paneClasses = (windows: readonly WindowConfig[]): readonly PaneClass[] => {
  const groups: { widthMs: number; windows: WindowConfig[]; maxSizeMs: number }[] = []
  for (const window of [...windows].sort((a, b) => a.sizeMs - b.sizeMs || a.everyMs - b.everyMs)) {
    const width = paneWidthMs(window)
    const home = groups.find(g => Math.max(g.maxSizeMs, window.sizeMs) / gcd(g.widthMs, width) <= MAX_PANES_PER_WINDOW)
    if (home) {
      home.widthMs = gcd(home.widthMs, width)
      home.maxSizeMs = Math.max(home.maxSizeMs, window.sizeMs)
      home.windows.push(window)
    } else groups.push({ widthMs: width, windows: [window], maxSizeMs: window.sizeMs })
  }
  return groups
}

export const floorTo = (timeMs: number, stepMs: number): number => Math.floor(timeMs / stepMs) * stepMs

/** The first end of a window that is later than `timeMs`. */
export const nextEndMs = (window: WindowConfig, timeMs: number): number =>
  floorTo(timeMs - window.offsetMs, window.everyMs) + window.everyMs + window.offsetMs

/** The end of the last window that contains `timeMs`. */
export const lastEndContainingMs = (window: WindowConfig, timeMs: number): number => {
  const first = nextEndMs(window, timeMs)
  return first + floorTo(timeMs + window.sizeMs - first, window.everyMs)
}

/** The watermark that closes every window which contains `timeMs`, late events included: what an end marker asks for. */
export const closingWatermarkMs = (classes: readonly PaneClass[], timeMs: number, allowedLatenessMs: number): number =>
  Math.max(timeMs, ...classes.flatMap(c => c.windows.map(window => lastEndContainingMs(window, timeMs)))) + allowedLatenessMs
