/** Mulberry32 (Ettinger): small, seeded, good enough to make histories. */
export type Random = Readonly<{ uniform(): number; below(n: number): number; pick<T>(from: readonly T[]): T }>

export const createRandom = (seed: number): Random => {
  let state = seed >>> 0
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const below = (n: number): number => Math.floor(uniform() * n)
  return { uniform, below, pick: from => from[below(from.length)] }
}
