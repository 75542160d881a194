export type BackoffOptions = Readonly<{ baseMs: number; maxMs: number }>

/**
 * How long to wait after the `attempt`th failure in a row (1, 2, ...): doubling from `baseMs` up to `maxMs`, of which the
 * upper half is chance, so that many writers do not come back together. `random` gives [0, 1).
 */
export const backoffMs = (attempt: number, { baseMs, maxMs }: BackoffOptions, random: () => number): number => {
  const full = Math.min(maxMs, baseMs * 2 ** (attempt - 1))
  return full / 2 + (full / 2) * random()
}
