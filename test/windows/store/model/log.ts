/**
 * The log of the model: 48 events of two series, four to a pane, every seventh for the pane before.
 *
 * ```
 * offset   0 1 2 3   4 5 6 7   8 9 10 11   12 …
 * pane     0 0 0 0   1 1 1 1   2 2  1  2    3 …
 * ```
 */
export const EVENTS = 48
export const WIDTH_MS = 10
export const SERIES = ['even', 'odd'] as const

export const seriesOf = (offset: number): string => SERIES[offset % 2]

export const paneOf = (offset: number): number => Math.max(0, Math.floor(offset / 4) - (offset % 7 === 3 ? 1 : 0))

export const PANES = paneOf(EVENTS - 1) + 1

const OFFSETS = Array.from({ length: EVENTS }, (_, offset) => offset)

/** One past the last event of a pane: from here on it is frozen. */
export const frozenAt = (pane: number): number => OFFSETS.reduce((end, o) => (paneOf(o) === pane ? o + 1 : end), 0)

/** Events of a pane and series with `from <= offset < to`: the truth. */
export const eventsOf = (pane: number, series: string, from: number, to: number): number =>
  OFFSETS.filter(o => o >= from && o < to && paneOf(o) === pane && seriesOf(o) === series).length

export const sizeOf = (pane: number): number => OFFSETS.filter(o => paneOf(o) === pane).length
