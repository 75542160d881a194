import { emptyCells, type Layout } from './layout.ts'

/**
 * Vectors of cells that were given back, for the next pane: a fresh one of some 30 kB costs more than the few events that a
 * thin pane takes (page faults, and garbage collections that buffers outside the heap bring on: 30 of 50 us an event where 10,000
 * series have six events to a pane).
 */
export type CellPool = Readonly<{
  /** A vector that has seen nothing. */
  take(layout: Layout): Float64Array
  /** Nobody refers to these cells any more. */
  give(layout: Layout, cells: Float64Array): void
  /** Frees what lay unused since the call before: a pool that turns over is kept, one that does not is not. */
  trim(): void
}>

export const createCellPool = (): CellPool => {
  const free = new Map<Layout, { vectors: Float64Array[]; fewest: number }>()
  const shelf = (layout: Layout) => {
    const known = free.get(layout)
    if (known) return known
    const created = { vectors: [], fewest: 0 }
    free.set(layout, created)
    return created
  }
  return {
    take: layout => {
      const own = shelf(layout)
      const cells = own.vectors.pop()
      if (cells === undefined) return emptyCells(layout)
      own.fewest = Math.min(own.fewest, own.vectors.length)
      cells.set(layout.identities)
      return cells
    },
    give: (layout, cells) => {
      shelf(layout).vectors.push(cells)
    },
    trim: () => {
      for (const own of free.values()) {
        own.vectors.length -= own.fewest
        own.fewest = own.vectors.length
      }
    },
  }
}
