/** The next double towards +infinity. */
export const justAbove = (value: number): number => {
  if (!Number.isFinite(value)) return value
  if (value === 0) return Number.MIN_VALUE
  const bits = new BigInt64Array(new Float64Array([value]).buffer)
  // doubles of one sign are ordered as their bits are
  bits[0] += value > 0 ? 1n : -1n
  return new Float64Array(bits.buffer)[0]
}

/** The next double towards -infinity. */
export const justBelow = (value: number): number => -justAbove(-value)
