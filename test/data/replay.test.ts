import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { memoryIo } from '../../src/commands/io.ts'
import { runReplay } from '../../src/commands/replay.ts'
import type { Measure } from '../../src/windows/measure.ts'
import type { Reference } from '../../src/windows/reference/reference.ts'
import { describeRealData } from '../support/real-data.ts'

const WEEK_MS = 7 * 86_400_000
const EXAMPLES = new URL('../../examples/', import.meta.url).pathname

type Event = Readonly<{ time: string; features: Readonly<Record<string, number | string | null>> }>
type Result = Readonly<{
  version: string
  segment: object
  window: string
  start: string
  end: string
  samples: number
  revision: number
  measures: readonly Measure[]
}>
type Stream = Readonly<{
  file: string
  config: string
  reference: Reference
  events: readonly Event[]
  referenceEvents: readonly Event[]
}>

const readEvents = (file: string): readonly Event[] =>
  gunzipSync(readFileSync(file))
    .toString()
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Event)

const streamOf = (dir: string, example: 'bikes' | 'flights', model: string): Stream => ({
  file: join(dir, example, 'predictions.ndjson.gz'),
  config: `${EXAMPLES}${example}.yaml`,
  reference: JSON.parse(readFileSync(`${EXAMPLES}references/${model}.json`, 'utf8')) as Reference,
  events: readEvents(join(dir, example, 'predictions.ndjson.gz')),
  referenceEvents: readEvents(join(dir, example, 'reference-predictions.ndjson.gz')),
})

const replay = async (stream: Stream, partitions: number): Promise<Readonly<{ windows: string; alerts: string }>> => {
  const out = mkdtempSync(join(tmpdir(), 'tidemark-replay-'))
  const io = memoryIo()
  const code = await runReplay(
    { files: [stream.file], out, partitions, csv: undefined, source: { file: stream.config, environment: {} } },
    io,
  )
  expect(code, io.err()).toBe(0)
  return { windows: readFileSync(join(out, 'windows.ndjson'), 'utf8'), alerts: readFileSync(join(out, 'alerts.ndjson'), 'utf8') }
}

const parse = (text: string): readonly Result[] =>
  text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Result)

const weeksOf = (results: readonly Result[]): readonly Result[] =>
  results.filter(r => r.window === 'week' && r.version === '*' && Object.keys(r.segment).length === 0 && r.revision === 0)

const measureOf = (result: Result, metric: string, subject: string): Measure => {
  const found = result.measures.find(m => m.metric === metric && m.subject === subject)
  if (!found) throw new Error(`no ${metric} of ${subject} in ${result.start}`)
  return found
}

/** The events whose time lies in the window, by definition. */
const inside = (events: readonly Event[], result: Result): readonly Event[] =>
  events.filter(e => Date.parse(e.time) >= Date.parse(result.start) && Date.parse(e.time) < Date.parse(result.end))

const values = <T extends number | string>(events: readonly Event[], feature: string, type: 'number' | 'string'): readonly T[] =>
  events.map(e => e.features[feature]).filter((v): v is T => typeof v === type)

const exactKs = (a: readonly number[], b: readonly number[]): number => {
  const at = (sorted: readonly number[], x: number): number => sorted.filter(v => v <= x).length / sorted.length
  return Math.max(...[...new Set([...a, ...b])].map(x => Math.abs(at(a, x) - at(b, x))))
}

/** Smoothed PSI of two rows of counts, as docs/measures.md has it. */
const psiOf = (window: readonly number[], reference: readonly number[]): number => {
  const used = window.map((w, i) => [w, reference[i]]).filter(([w, r]) => w + r > 0)
  const n = used.reduce((sum, [w]) => sum + w, 0) + used.length / 2
  const m = used.reduce((sum, [, r]) => sum + r, 0) + used.length / 2
  return used.reduce((sum, [w, r]) => sum + ((w + 0.5) / n - (r + 0.5) / m) * Math.log((w + 0.5) / n / ((r + 0.5) / m)), 0)
}

/** PSI of a categorical feature from the raw values: rare and unseen categories are one. */
const categoricalPsi = (window: readonly string[], reference: readonly string[]): number => {
  const count = (all: readonly string[], value: string): number => all.filter(v => v === value).length
  const known = [...new Set(reference)]
  const smaller = Math.min(window.length, reference.length)
  const isRare = (value: string): boolean =>
    ((count(window, value) + count(reference, value)) * smaller) / (window.length + reference.length) < 5
  const common = known.filter(value => !isRare(value))
  const pooled = (all: readonly string[]): number => all.filter(v => !common.includes(v)).length
  return psiOf(
    [...common.map(v => count(window, v)), pooled(window)],
    [...common.map(v => count(reference, v)), pooled(reference)],
  )
}

/**
 * PSI of a numeric feature from the raw values: bins (edge, next edge] go to the B-quantile of the reference in which their
 * middle lies; what is lighter than half of 1/B joins the next (the last joins the one before); values beyond all of the
 * reference stand by themselves.
 */
const numericPsi = (window: readonly number[], reference: readonly number[], edges: readonly number[]): number => {
  const smaller = Math.min(window.length, reference.length)
  const quantiles = smaller >= 100 ? 20 : smaller >= 50 ? 10 : 5
  const binOf = (x: number): number => edges.filter(edge => edge < x).length
  const bins = Array.from({ length: edges.length + 1 }, (_, bin) => ({
    w: window.filter(x => binOf(x) === bin).length,
    r: reference.filter(x => binOf(x) === bin).length,
  }))
  const beyond = bins.filter((bin, i) => bin.r === 0 && bin.w > 0 && (i === 0 || i === bins.length - 1))
  const inner = bins.filter(bin => !beyond.includes(bin))
  let below = 0
  const slots = inner.map(({ r }) => {
    const slot = Math.floor((quantiles * (below + r / 2)) / reference.length)
    below += r
    return slot
  })
  const groups: { w: number; r: number }[] = []
  let open = { w: 0, r: 0 }
  inner.forEach(({ w, r }, i) => {
    open = { w: open.w + w, r: open.r + r }
    const lastOfSlot = i + 1 < inner.length && slots[i + 1] > slots[i]
    if (!lastOfSlot || open.r / reference.length < 1 / (2 * quantiles)) return
    groups.push(open)
    open = { w: 0, r: 0 }
  })
  const previous = groups[groups.length - 1]
  if (previous && open.r / reference.length < 1 / (2 * quantiles))
    groups[groups.length - 1] = { w: previous.w + open.w, r: previous.r + open.r }
  else groups.push(open)
  const all = [...groups, ...beyond]
  return psiOf(
    all.map(g => g.w),
    all.map(g => g.r),
  )
}

const close = (actual: number | null, expected: number, what: string): void => {
  expect(actual, what).not.toBeNull()
  expect(Math.abs((actual ?? Number.NaN) - expected), `${what}: ${actual} against ${expected}`).toBeLessThanOrEqual(
    1e-9 * Math.max(1, Math.abs(expected)),
  )
}

const FILES = [
  'golden.json',
  'bikes/predictions.ndjson.gz',
  'bikes/reference-predictions.ndjson.gz',
  'flights/predictions.ndjson.gz',
  'flights/reference-predictions.ndjson.gz',
] as const

describeRealData('replay of the real streams', FILES, dir => {
  describe.each([
    ['bikes', 'bike-demand', ['temp', 'hum', 'windspeed', 'hr'], ['weathersit', 'season', 'weekday']],
    ['flights', 'flight-delay', ['hour', 'distance'], ['origin', 'destination', 'weekday']],
  ] as const)('%s', (example, model, numeric, categorical) => {
    let stream: Stream
    let weeks: readonly Result[]
    let first: Awaited<ReturnType<typeof replay>>
    beforeAll(async () => {
      stream = streamOf(dir, example, model)
      first = await replay(stream, 1)
      weeks = weeksOf(parse(first.windows))
    })

    it('measures each week what the raw events say', () => {
      expect(weeks.length).toBeGreaterThan(8)
      for (const week of weeks) {
        const events = inside(stream.events, week)
        expect(week.samples).toBe(events.length)
        for (const name of numeric) {
          const own = values<number>(events, name, 'number')
          const before = values<number>(stream.referenceEvents, name, 'number')
          const where = `${name} of ${week.start}`
          const mean = own.reduce((a, b) => a + b, 0) / own.length
          close(measureOf(week, 'missing_ratio', name).value, 1 - own.length / events.length, `missing of ${where}`)
          close(measureOf(week, 'mean', name).value, mean, `mean of ${where}`)
          close(
            measureOf(week, 'std', name).value,
            Math.sqrt(own.reduce((a, x) => a + (x - mean) ** 2, 0) / (own.length - 1)),
            `std of ${where}`,
          )
          close(measureOf(week, 'min', name).value, Math.min(...own), `min of ${where}`)
          close(measureOf(week, 'max', name).value, Math.max(...own), `max of ${where}`)
          const psi = measureOf(week, 'psi', name)
          const profile = stream.reference.features[name]
          if (psi.value !== null && profile.kind === 'numeric')
            close(psi.value, numericPsi(own, before, profile.edges), `psi of ${where}`)
          const ks = measureOf(week, 'ks', name)
          if (ks.value === null) continue
          const exact = exactKs(own, before)
          expect(ks.value, `ks of ${where}`).toBeLessThanOrEqual(exact + 1e-12)
          expect(ks.value, `ks of ${where}`).toBeGreaterThan(exact - 0.012)
        }
        for (const name of categorical) {
          const own = values<string>(events, name, 'string')
          const before = values<string>(stream.referenceEvents, name, 'string')
          const unseen = own.filter(v => !before.includes(v)).length / own.length
          close(measureOf(week, 'unseen_ratio', name).value, unseen, `unseen of ${name} in ${week.start}`)
          const psi = measureOf(week, 'psi', name)
          if (psi.value !== null) close(psi.value, categoricalPsi(own, before), `psi of ${name} in ${week.start}`)
        }
      }
    })

    it('covers the stream: weeks add up to every event', () => {
      expect(weeks.reduce((sum, week) => sum + week.samples, 0)).toBe(stream.events.length)
      for (const week of weeks) expect(Date.parse(week.end) - Date.parse(week.start)).toBe(WEEK_MS)
    })

    it('gives the same bytes for the same input, and the same counts for another partitioning', async () => {
      expect(await replay(stream, 1)).toEqual(first)
      const three = await replay(stream, 3)
      expect(await replay(stream, 3)).toEqual(three)
      const samples = (text: string) =>
        parse(text).map(r => [r.version, r.window, r.start, JSON.stringify(r.segment), r.revision, r.samples])
      expect(samples(three.windows)).toEqual(samples(first.windows))
    })

    it('agrees with golden.json on counts, means and deviations', () => {
      const golden = JSON.parse(readFileSync(join(dir, 'golden.json'), 'utf8')) as {
        bikes: { weeks: { start: string; n: number; numeric: Record<string, { mean: number; std: number; missing: number }> }[] }
        flights: { weeks: { start: string; n: number }[] }
      }
      const byStart = new Map(weeks.map(week => [Date.parse(week.start), week]))
      for (const expected of golden[example].weeks) {
        const week = byStart.get(Date.parse(expected.start))
        expect(week?.samples, expected.start).toBe(expected.n)
        if (!week || !('numeric' in expected)) continue
        for (const [name, facts] of Object.entries(expected.numeric as Record<string, { mean: number; std: number }>)) {
          expect(measureOf(week, 'mean', name).value).toBeCloseTo(facts.mean, 8)
          expect(measureOf(week, 'std', name).value).toBeCloseTo(facts.std, 8)
        }
      }
    })
  })
})
