import type { Node, NodeCache } from '../merge.ts'

/** Merged nodes of one model and pane width, by series. */
export type NodesBySeries = Readonly<{
  /** `version` null: all versions merged. */
  of(segment: string, version: string | null): NodeCache
  /** Forgets nodes that begin before a pane: no window to come contains them wholly. */
  forgetBefore(index: number): void
  bytes(): number
}>

/** A node's width is a power of two of at most 128 panes. */
const WIDTHS = 1024

export const createNodes = (): NodesBySeries => {
  const series = new Map<string, Map<number, Node>>()
  let bytes = 0
  return {
    of: (segment, version) => {
      const key = version === null ? segment : `${version} ${segment}`
      let nodes = series.get(key)
      if (nodes === undefined) {
        nodes = new Map()
        series.set(key, nodes)
      }
      const own = nodes
      return {
        get: (at, width) => own.get(at * WIDTHS + width),
        keep: (at, width, node) => {
          bytes += node.cells.length
          own.set(at * WIDTHS + width, node)
        },
      }
    },
    forgetBefore: index => {
      for (const [key, nodes] of series) {
        for (const [id, node] of nodes) {
          if (Math.floor(id / WIDTHS) >= index) continue
          nodes.delete(id)
          bytes -= node.cells.length
        }
        if (nodes.size === 0) series.delete(key)
      }
    },
    bytes: () => bytes,
  }
}
