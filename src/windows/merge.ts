import { emptyCells, type Layout, mergeInto } from './layout.ts'
import { mergePacked, packCells, unpackCells } from './packed-cells.ts'

/** A series in one pane, or in several merged. */
export type Node = Readonly<{
  /** Packed. */
  cells: Uint8Array
  /** Late events among them. */
  late: number
  /** Partition to the offset before which its events lie. */
  offsets: ReadonlyMap<number, number>
}>

/** Nodes that were merged before, by their first pane and width. */
export type NodeCache = Readonly<{
  get(at: number, width: number): Node | undefined
  keep(at: number, width: number, node: Node): void
}>

/** Vectors to merge in, by depth; what is in them lasts until the next merge. */
export type Scratch = (layout: Layout, depth: number) => Float64Array

export const createScratch = (): Scratch => {
  const vectors = new Map<Layout, Float64Array[]>()
  return (layout, depth) => {
    const own = vectors.get(layout) ?? []
    vectors.set(layout, own)
    while (own.length <= depth) own.push(emptyCells(layout))
    return own[depth]
  }
}

export type Merged = Readonly<{ cells: Float64Array; late: number; offsets: ReadonlyMap<number, number> }>

/**
 * The merge of panes `[from, to)` (absolute pane indexes) of one series, or null when all are empty. Floating-point sums
 * depend on their order, so the order is fixed by the indexes alone: the range is cut into the largest aligned (dyadic)
 * nodes, a node is its left half merged with its right half, and nodes are merged from left to right. A window therefore
 * measures the same whoever fires it, whenever it began to watch.
 *
 * `pane(index)` gives one pane or null. With `cache`, nodes of two panes or more whose last pane is before `finalBefore` are
 * kept: a window that slides by one pane then merges a number of nodes that grows with the logarithm of its panes.
 */
export const mergePanes = (
  pane: (index: number) => Node | null,
  from: number,
  to: number,
  layout: Layout,
  scratch: Scratch,
  cache: NodeCache | null = null,
  finalBefore = Number.NEGATIVE_INFINITY,
): Merged | null => {
  const known = (at: number, width: number): Node | null | undefined =>
    width === 1 ? pane(at) : at + width <= finalBefore ? cache?.get(at, width) : undefined

  /** Puts the node at `[at, at + width)` into `target`. */
  const fill = (target: Float64Array, at: number, width: number, depth: number, into: Tally): boolean => {
    const ready = known(at, width)
    if (ready === null) return false
    if (ready !== undefined) {
      unpackCells(ready.cells, target, layout.identities)
      count(into, ready)
      return true
    }
    const own: Tally = { late: 0, offsets: new Map() }
    const half = width / 2
    const hasLeft = fill(target, at, half, depth, own)
    const hasRight = (hasLeft ? add : fill)(target, at + half, half, depth, own)
    count(into, own)
    if (!hasLeft && !hasRight) return false
    if (at + width <= finalBefore) cache?.keep(at, width, { ...own, cells: packCells(target, layout.identities) })
    return true
  }

  /** Merges the node into `target`, which holds what is left of it. */
  const add = (target: Float64Array, at: number, width: number, depth: number, into: Tally): boolean => {
    const ready = known(at, width)
    if (ready === null) return false
    if (ready !== undefined) {
      mergePacked(target, ready.cells, layout.runs)
      count(into, ready)
      return true
    }
    const right = scratch(layout, depth)
    if (!fill(right, at, width, depth + 1, into)) return false
    mergeInto(target, right, layout)
    return true
  }

  const total = scratch(layout, 0)
  const tally: Tally = { late: 0, offsets: new Map() }
  let isEmpty = true
  for (let at = from; at < to; ) {
    const width = largestAligned(at, to)
    if ((isEmpty ? fill : add)(total, at, width, 1, tally)) isEmpty = false
    at += width
  }
  return isEmpty ? null : { cells: total, ...tally }
}

type Tally = { late: number; readonly offsets: Map<number, number> }

const count = (tally: Tally, { late, offsets }: Pick<Node, 'late' | 'offsets'>): void => {
  tally.late += late
  for (const [partition, offset] of offsets) {
    if (offset > (tally.offsets.get(partition) ?? 0)) tally.offsets.set(partition, offset)
  }
}

/** The largest power of two that divides `at` and does not reach past `to`. */
const largestAligned = (at: number, to: number): number => {
  let width = 1
  while (at % (width * 2) === 0 && at + width * 2 <= to) width *= 2
  return width
}
