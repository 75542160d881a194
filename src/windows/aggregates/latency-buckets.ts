/**
 * Log-linear buckets of a positive number: one for each value of a double's exponent and 6 leading mantissa bits, so that a
 * bucket is 1/64 of its octave wide and its middle is within 1/128 (0.8 %) of every value in it. The index is the number's own
 * bits, shifted: no logarithm.
 */
const MANTISSA_BITS = 6
const BUCKETS_PER_OCTAVE = 2 ** MANTISSA_BITS
/** 1/8 ms .. 2^20 ms (17 minutes). */
const LOWEST_EXPONENT = -3
const HIGHEST_EXPONENT = 20

export const LOWEST = 2 ** LOWEST_EXPONENT
export const HIGHEST = 2 ** HIGHEST_EXPONENT

const OCTAVE_BUCKETS = (HIGHEST_EXPONENT - LOWEST_EXPONENT) * BUCKETS_PER_OCTAVE
/** Bucket 0 takes what lies below LOWEST, the last one what lies at or above HIGHEST. */
export const BUCKETS = OCTAVE_BUCKETS + 2

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)
/** Which word holds sign, exponent and the leading mantissa bits. */
const HIGH_WORD = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0
const SHIFT = 20 - MANTISSA_BITS
const FIRST = (1023 + LOWEST_EXPONENT) * BUCKETS_PER_OCTAVE - 1

/** Of a number >= 0 (not -0). */
export const bucketOf = (value: number): number => {
  if (value < LOWEST) return 0
  if (value >= HIGHEST) return BUCKETS - 1
  float[0] = value
  return (words[HIGH_WORD] >>> SHIFT) - FIRST
}

/** Bucket `index` is [lowerBound(index), lowerBound(index + 1)). */
export const lowerBound = (index: number): number => {
  if (index === 0) return 0
  if (index >= BUCKETS) return Number.POSITIVE_INFINITY
  const octave = Math.floor((index - 1) / BUCKETS_PER_OCTAVE)
  const step = (index - 1) % BUCKETS_PER_OCTAVE
  return 2 ** (LOWEST_EXPONENT + octave) * (1 + step / BUCKETS_PER_OCTAVE)
}
