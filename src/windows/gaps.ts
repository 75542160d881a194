import type { Gap } from './store/port.ts'

/** Where events of a partition are missing. At most one gap is open: its end is not known yet. */
export type Gaps = Readonly<{
  open(fromMs: number): void
  /** Ends the open gap, if there is one: what is missing came before an event of `toMs`. */
  close(toMs: number): void
  /** Windows that touch what lies before `beforeMs` have left. */
  forget(beforeMs: number): void
  all(): readonly Gap[]
}>

/** Beyond so many the oldest become one: each costs bytes in every checkpoint. */
const MAX_GAPS = 20

export const createGaps = (restored: readonly Gap[]): Gaps => {
  let gaps = [...restored]
  let isOpen = gaps.some(gap => gap.toMs === null)
  return {
    open: fromMs => {
      const before = gaps.find(gap => gap.toMs === null)
      gaps = [...gaps.filter(gap => gap !== before), { fromMs: Math.min(fromMs, before?.fromMs ?? fromMs), toMs: null }]
      if (gaps.length > MAX_GAPS) gaps = [{ fromMs: gaps[0].fromMs, toMs: gaps[1].toMs }, ...gaps.slice(2)]
      isOpen = true
    },
    close: toMs => {
      if (!isOpen) return
      gaps = gaps.map(gap => (gap.toMs === null ? { ...gap, toMs: Math.max(toMs, gap.fromMs) } : gap))
      isOpen = false
    },
    forget: beforeMs => {
      if (gaps.length > 0) gaps = gaps.filter(gap => gap.toMs === null || gap.toMs >= beforeMs)
    },
    all: () => gaps,
  }
}

/** Whether events of the window `[startMs, endMs)` are known to be missing. */
export const touchesGap = (gaps: readonly Gap[], startMs: number, endMs: number): boolean =>
  gaps.some(gap => gap.fromMs < endMs && (gap.toMs === null || gap.toMs >= startMs))
