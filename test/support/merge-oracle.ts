import { type Layout, mergeInto } from '../../src/windows/layout.ts'

/**
 * The merge of panes `[from, to)` (absolute pane indexes) of one series, or null when all are empty. Floating-point sums
 * depend on their order, so the order is fixed by the indexes alone: the range is cut into the largest aligned (dyadic)
 * nodes, a node is its left half merged with its right half, and nodes are merged from left to right. A window therefore
 * measures the same whoever fires it, whenever it began to watch.
 *
 * `pane(index)` gives the cells of one pane or null; they are not modified.
 */
export const mergeDense = (
  pane: (index: number) => Float64Array | null,
  from: number,
  to: number,
  layout: Layout,
): Float64Array | null => {
  let total: Float64Array | null = null
  let owned = false
  for (let at = from; at < to; ) {
    const width = largestAligned(at, to)
    const node = mergeNode(pane, at, width, layout)
    at += width
    if (node === null) continue
    if (total === null) total = node
    else {
      if (!owned) total = total.slice()
      owned = true
      mergeInto(total, node, layout)
    }
  }
  return total
}

/** The largest power of two that divides `at` and does not reach past `to`. */
const largestAligned = (at: number, to: number): number => {
  let width = 1
  while (at % (width * 2) === 0 && at + width * 2 <= to) width *= 2
  return width
}

const mergeNode = (
  pane: (index: number) => Float64Array | null,
  at: number,
  width: number,
  layout: Layout,
): Float64Array | null => {
  if (width === 1) return pane(at)
  const left = mergeNode(pane, at, width / 2, layout)
  const right = mergeNode(pane, at + width / 2, width / 2, layout)
  if (left === null || right === null) return left ?? right
  const merged = left.slice()
  mergeInto(merged, right, layout)
  return merged
}
