/**
 * Adjusted p-values, in the order given: reject where adjusted <= alpha, and at most alpha of the rejections are expected to be
 * false. Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate", JRSS B 57 (1995). R's `p.adjust(method = "BH")`,
 * scipy's `false_discovery_control`.
 */
export const benjaminiHochberg = (pValues: readonly number[]): readonly number[] => {
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[b] - pValues[a])
  const adjusted = new Array<number>(pValues.length)
  let least = 1
  order.forEach((index, fromTop) => {
    const rank = pValues.length - fromTop
    least = Math.min(least, pValues[index] * (pValues.length / rank))
    adjusted[index] = least
  })
  return adjusted
}
