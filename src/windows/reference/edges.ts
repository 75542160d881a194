import { justBelow } from './adjacent.ts'

/**
 * Bin edges at the quantiles k / bins of rising values, duplicates dropped: at most `bins` bins. A quantile is numpy's default
 * (Hyndman and Fan's type 7) taken down to the value that occurs (`method='lower'`): the bins then part the reference as the
 * interpolated quantile would. The inverted distribution function (type 1) drops one more of 64 edges of a real humidity, and
 * KS reads .0097 too low there instead of .0067. A minimum so heavy that it has a bin by itself gets an edge directly below it too, or values below all
 * that was ever seen would hide in that bin: of a constant feature both directions of a shift are seen.
 */
export const quantileEdges = (rising: Float64Array, bins: number): readonly number[] => {
  const edges: number[] = []
  for (let k = 1; k < bins; k++) {
    const value = rising[Math.floor(((rising.length - 1) * k) / bins)]
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
