import { justBelow } from './adjacent.ts'

/**
 * Bin edges at the quantiles k / bins of rising values (inverted distribution function: values that occur), duplicates dropped:
 * at most `bins` bins. A minimum so heavy that it has a bin by itself gets an edge directly below it too, or values below all
 * that was ever seen would hide in that bin: of a constant feature both directions of a shift are seen.
 */
export const quantileEdges = (rising: Float64Array, bins: number): readonly number[] => {
  const edges: number[] = []
  for (let k = 1; k < bins; k++) {
    const value = rising[Math.ceil((rising.length * k) / bins) - 1]
    if (value !== edges.at(-1)) edges.push(value)
  }
  const isHeavyMinimum = edges[0] === rising[0] && edges.length < bins - 1
  return isHeavyMinimum ? [justBelow(edges[0]), ...edges] : edges
}

/** Values per right-closed bin; `rising` in one walk. */
export const binCounts = (rising: Float64Array, edges: readonly number[]): readonly number[] => {
  const counts = new Array<number>(edges.length + 1).fill(0)
  let bin = 0
  for (const value of rising) {
    while (bin < edges.length && edges[bin] < value) bin++
    counts[bin]++
  }
  return counts
}
