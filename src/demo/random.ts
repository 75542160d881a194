/** A stream of pseudo-random numbers: the same seed gives the same numbers on every machine. */
export type Random = Readonly<{
  /** In the open interval (0, 1), in steps of 2^-32. */
  uniform(): number
  /** Mean 0, standard deviation 1. */
  normal(): number
  /** Mean 1. */
  exponential(): number
  /** Takes about `mean` draws: for small means. */
  poisson(mean: number): number
}>

/** xoshiro128** 1.1, D. Blackman and S. Vigna (2018), public domain: https://prng.di.unimi.it/xoshiro128starstar.c */
export const xoshiro128 = (state: readonly [number, number, number, number]): (() => number) => {
  let [a, b, c, d] = state
  return () => {
    const scrambled = Math.imul(b, 5)
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9)
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    return result >>> 0
  }
}

/** Spreads a seed over a generator's state: a Weyl sequence through MurmurHash3's 32-bit finalizer (A. Appleby, public domain). */
const spread = (seed: number): (() => number) => {
  let weyl = seed | 0
  return () => {
    weyl = (weyl + 0x9e3779b9) | 0
    let mixed = Math.imul(weyl ^ (weyl >>> 16), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    return mixed ^ (mixed >>> 16)
  }
}

/** `seed`: any integer; its lowest 32 bits count. */
export const createRandom = (seed: number): Random => {
  const word = spread(seed)
  const next = xoshiro128([word(), word(), word(), word()])
  const uniform = (): number => (next() + 0.5) / 2 ** 32
  let spare = Number.NaN

  return {
    uniform,
    // G. E. P. Box and M. E. Muller (1958); normals come in pairs
    normal: () => {
      if (!Number.isNaN(spare)) {
        const value = spare
        spare = Number.NaN
        return value
      }
      const radius = Math.sqrt(-2 * Math.log(uniform()))
      const angle = 2 * Math.PI * uniform()
      spare = radius * Math.sin(angle)
      return radius * Math.cos(angle)
    },
    exponential: () => -Math.log(uniform()),
    // D. Knuth, The Art of Computer Programming 2, 3.4.1
    poisson: mean => {
      const limit = Math.exp(-mean)
      let count = 0
      for (let product = uniform(); product > limit; product *= uniform()) count++
      return count
    },
  }
}

export type Share = Readonly<{ value: string; share: number }>

/** The value at a rank: ranks that are uniform in (0, 1) give the shares, which sum to 1. */
export const byRank = (shares: readonly Share[]): ((rank: number) => string) => {
  let sum = 0
  const bounds = shares.map(each => {
    sum += each.share
    return sum
  })
  const values = shares.map(each => each.value)
  const last = values.length - 1
  return rank => {
    let i = 0
    while (i < last && rank > bounds[i]) i++
    return values[i]
  }
}

/** Seeds that `--seed` takes and prints: 0 <= seed < 2^32. */
export const SEEDS = 2 ** 32

/** The seed of the stream that the references are built from: the same world, other events. Never the same seed. */
export const referenceSeed = (seed: number): number => (seed ^ 0x5bd1e995) >>> 0
