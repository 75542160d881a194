import type { PlainEvent } from './topics.ts'
import { PANE_MS, TIME, WINDOWS } from './world.ts'

/** What a window must say of one series. */
export type ExpectedWindow = Readonly<{
  samples: number
  late: number
  errors: number
  latencySumMs: number
  latencyMaxMs: number
}>

export type Expected = Readonly<{
  /** Series, window, end and revision as one text (see keyOf), to what it says. */
  windows: ReadonlyMap<string, ExpectedWindow>
  ledger: Readonly<{ read: number; inWindows: number; late: number; tooLate: number; deadLettered: number; skipped: number }>
  /** Events that can be read, by their place: what the archive must hold. */
  events: number
}>

type Sums = { n: number; errors: number; latencySumMs: number; latencyMaxMs: number }
type Pane = { readonly onTime: Sums; readonly late: Sums }

const emptySums = (): Sums => ({ n: 0, errors: 0, latencySumMs: 0, latencyMaxMs: 0 })

export const keyOf = (model: string, version: string, gateway: string, window: string, endMs: number, revision: number): string =>
  `${model} ${version} ${gateway || 'all'} ${window} ${new Date(endMs).toISOString()} r${revision}`

/**
 * The batch recomputation: every event of every partition in offset order, classified by its partition's own watermark,
 * summed pane by pane; then each window over its panes. Written from the protocol's rules, with none of the product's code.
 */
export const recompute = (records: readonly PlainEvent[]): Expected => {
  const ledger = { read: 0, inWindows: 0, late: 0, tooLate: 0, deadLettered: 0, skipped: 0 }
  const panes = new Map<string, Map<number, Pane>>()
  const watermarks = new Map<number, number>()

  const paneOf = (series: string, startMs: number): Pane => {
    const ofSeries = panes.get(series) ?? new Map<number, Pane>()
    panes.set(series, ofSeries)
    const pane = ofSeries.get(startMs) ?? { onTime: emptySums(), late: emptySums() }
    ofSeries.set(startMs, pane)
    return pane
  }

  for (const { partition, event } of records) {
    ledger.read++
    if (event === null) ledger.skipped++
    else if (event === undefined) ledger.deadLettered++
    else {
      const timeMs = Number(event.time instanceof Date ? event.time.getTime() : event.time)
      const watermarkMs = watermarks.get(partition) ?? Number.NEGATIVE_INFINITY
      const startMs = Math.floor(timeMs / PANE_MS) * PANE_MS
      const isLate = startMs + PANE_MS <= watermarkMs
      if (isLate && startMs + PANE_MS + TIME.allowedLatenessMs <= watermarkMs) ledger.tooLate++
      else {
        ledger.inWindows++
        if (isLate) ledger.late++
        for (const version of [String(event.version), '*'])
          for (const gateway of ['', String(event.gateway)]) {
            const pane = paneOf(JSON.stringify([event.model, version, gateway]), startMs)
            add(isLate ? pane.late : pane.onTime, event)
          }
      }
      watermarks.set(partition, Math.max(watermarkMs, timeMs - TIME.outOfOrdernessMs))
    }
  }
  return { windows: windowsOf(panes), ledger, events: ledger.inWindows + ledger.tooLate }
}

const add = (sums: Sums, event: Readonly<Record<string, unknown>>): void => {
  const latencyMs = Number(event.latencyMs)
  sums.n++
  if (event.error !== null) sums.errors++
  sums.latencySumMs += latencyMs
  sums.latencyMaxMs = Math.max(sums.latencyMaxMs, latencyMs)
}

const windowsOf = (panes: ReadonlyMap<string, ReadonlyMap<number, Pane>>): ReadonlyMap<string, ExpectedWindow> => {
  const found = new Map<string, ExpectedWindow>()
  for (const [series, ofSeries] of panes) {
    const [model, version, gateway] = JSON.parse(series) as [string, string, string]
    for (const { name, sizeMs, everyMs } of WINDOWS) {
      const ends = new Set<number>()
      for (const startMs of ofSeries.keys())
        for (let endMs = Math.floor(startMs / everyMs) * everyMs + everyMs; endMs <= startMs + sizeMs; endMs += everyMs)
          ends.add(endMs)
      for (const endMs of ends) {
        const within = [...ofSeries].filter(([startMs]) => startMs >= endMs - sizeMs && startMs < endMs)
        const takesLate = (startMs: number) => startMs + PANE_MS + TIME.allowedLatenessMs <= endMs
        const first = within.some(([startMs, { onTime, late }]) => onTime.n > 0 || (late.n > 0 && takesLate(startMs)))
        const again = within.some(([startMs, { late }]) => late.n > 0 && !takesLate(startMs))
        const key = (revision: number) => keyOf(model, version, gateway, name, endMs, revision)
        if (first) found.set(key(0), total(within.map(([startMs, pane]) => [pane, takesLate(startMs)])))
        if (again) found.set(key(1), total(within.map(([, pane]) => [pane, true])))
      }
    }
  }
  return found
}

const total = (parts: readonly (readonly [Pane, boolean])[]): ExpectedWindow => {
  const sums = { samples: 0, late: 0, errors: 0, latencySumMs: 0, latencyMaxMs: 0 }
  const take = (part: Sums): void => {
    sums.samples += part.n
    sums.errors += part.errors
    sums.latencySumMs += part.latencySumMs
    sums.latencyMaxMs = Math.max(sums.latencyMaxMs, part.latencyMaxMs)
  }
  for (const [{ onTime, late }, takesLate] of parts) {
    take(onTime)
    if (!takesLate) continue
    take(late)
    sums.late += late.n
  }
  return sums
}
