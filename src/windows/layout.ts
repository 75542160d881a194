import type { Aggregate, CellRun } from './aggregate.ts'
import { hash64 } from './hash.ts'
import { mergeMoments } from './packed-cells.ts'

/**
 * Where each aggregate's cells lie in a series' vector of cells, and how vectors merge. Cell 0 counts the events of the part.
 */
export type Layout = Readonly<{
  size: number
  aggregates: readonly Aggregate[]
  /** First cell of each aggregate. */
  starts: readonly number[]
  /** What a cell holds that has seen nothing: not stored, and neutral when merged. */
  identities: Float64Array
  /** Runs of one operation over the whole vector, neighbours joined. */
  runs: readonly CellRun[]
  /** 8 bytes: stored parts with another hash have other cells, bins or vocabularies, and are never merged with these. */
  hash: Uint8Array
}>

export const EVENTS_CELL = 0

/** `meaning`: what else decides what the cells mean, as text: the reference of bins and vocabularies, the configured ranges. */
export const createLayout = (aggregates: readonly Aggregate[], meaning: string): Layout => {
  const runs: { op: CellRun['op']; count: number }[] = [{ op: 'add', count: 1 }]
  const starts: number[] = []
  let size = 1
  for (const aggregate of aggregates) {
    starts.push(size)
    for (const run of aggregate.runs) {
      const last = runs[runs.length - 1]
      if (last.op === run.op) last.count += run.count
      else runs.push({ ...run })
      size += run.count
    }
  }
  const identities = new Float64Array(size)
  let at = 0
  for (const { op, count } of runs) {
    if (op === 'min') identities.fill(Number.POSITIVE_INFINITY, at, at + count)
    if (op === 'max') identities.fill(Number.NEGATIVE_INFINITY, at, at + count)
    at += count
  }
  const description = JSON.stringify([meaning, ...aggregates.map(a => [a.name, a.runs.map(r => [r.op, r.count])])])
  return { size, aggregates, starts, identities, runs, hash: hash64(description) }
}

/** A vector that has seen nothing. */
export const emptyCells = (layout: Layout): Float64Array => layout.identities.slice()

/** Merges `source` into `target`, cell by cell; the order of merging is the caller's law (see merge.ts). */
export const mergeInto = (target: Float64Array, source: Float64Array, layout: Layout): void => {
  let at = 0
  for (const { op, count } of layout.runs) {
    const end = at + count
    switch (op) {
      case 'add':
        for (let i = at; i < end; i++) target[i] += source[i]
        break
      case 'min':
        for (let i = at; i < end; i++) if (source[i] < target[i]) target[i] = source[i]
        break
      case 'max':
        for (let i = at; i < end; i++) if (source[i] > target[i]) target[i] = source[i]
        break
      case 'moments':
        for (let i = at; i < end; i += 3) mergeMoments(target, i, source[i], source[i + 1], source[i + 2])
        break
    }
    at = end
  }
}
