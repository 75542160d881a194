/**
 * Counts of a window and of its reference over the same bins, in the same order. `ordered`: bins of a number, neighbours may be
 * joined, the first and last are open-ended. `nominal`: categories, the last one is `unseen` (not in the reference's vocabulary).
 */
export type DriftInput = Readonly<{
  scale: DriftScale
  window: ArrayLike<number>
  reference: ArrayLike<number>
}>

export type DriftScale = 'ordered' | 'nominal'

/**
 * `value` is the score as its peers report it; `effect` is the score less what pure chance makes of it at this n, so that one
 * threshold serves every window size; `pValue` is the chance of such a score when nothing drifted (independent events).
 */
export type DriftOutcome =
  | Readonly<{ kind: 'ok'; value: number; effect: number; pValue: number; n: number }>
  | Readonly<{ kind: 'not_enough_data'; n: number }>

/** Positions of the input that were tested as one bin; shares and contribution are 0..1, contributions sum to 1 unless all are 0. */
export type DriftBin = Readonly<{
  members: readonly number[]
  share: number
  referenceShare: number
  contribution: number
}>

/** A drift test measures; it never judges. Pure: equal counts give equal answers. */
export type DriftTest = Readonly<{
  /** What it can be asked about; for other scales it is not measured at all. */
  scales: readonly DriftScale[]
  measure(input: DriftInput): DriftOutcome
  /** Which bins made the score, in bin order; empty where there is not enough data. */
  contributions(input: DriftInput): readonly DriftBin[]
}>

/** Fewer events than this, in the window or in the reference, are compared by no test. */
export const MIN_SAMPLES = 25

export const sum = (counts: ArrayLike<number>): number => {
  let total = 0
  for (let i = 0; i < counts.length; i++) total += counts[i]
  return total
}

/** Each bin's part of the total of `parts`. */
export const withContributions = (
  bins: readonly Omit<DriftBin, 'contribution'>[],
  part: (bin: Omit<DriftBin, 'contribution'>) => number,
): readonly DriftBin[] => {
  const parts = bins.map(part)
  const total = sum(parts)
  return bins.map((bin, i) => ({ ...bin, contribution: total > 0 ? parts[i] / total : 0 }))
}
