import { type DriftInput, MIN_SAMPLES, sum } from './drift-test.ts'

/** Bins that are tested as one, with their counts. */
export type Group = { members: number[]; window: number; reference: number }

/** Expected events a bin must have on the smaller side, for chi-square's law to hold (W. G. Cochran 1954). */
const MIN_EXPECTED = 5

/** Coarse bins by n: n >= 5 B. Each divides the next, so a group of one B is a union of groups of the larger. */
const BINS_BY_SAMPLES = [
  { samples: 100, bins: 20 },
  { samples: 50, bins: 10 },
  { samples: MIN_SAMPLES, bins: 5 },
] as const

/**
 * The bins that PSI is computed on, nested in the reference's: with all 100, a quarter-sigma shift of one feature of 25 is found
 * in 57 % of windows of 1,000, with 10 to 20 in 99 %. null: not enough data. Groups that are empty on both sides are left out:
 * they say nothing, and each would cost a degree of freedom.
 */
export const groupBins = (input: DriftInput): readonly Group[] | null => {
  const smaller = Math.min(sum(input.window), sum(input.reference))
  const size = BINS_BY_SAMPLES.find(step => smaller >= step.samples)
  if (size === undefined) return null
  const groups = input.scale === 'ordered' ? joinNeighbours(input, size.bins) : poolRare(input, smaller)
  const used = groups.filter(group => group.window + group.reference > 0)
  // one group holds everything: agreement if there is but one value, ignorance if the rest was pooled away
  const isOneValue = used.length === 1 && used[0].members.filter(i => input.window[i] + input.reference[i] > 0).length === 1
  return used.length > 1 || isOneValue ? used : null
}

/**
 * From the left, a group takes bins until it holds 1/B of the reference. An end bin in which the reference has nothing is a
 * group by itself: values beyond all that was ever seen must not hide in a heavy neighbour.
 */
const joinNeighbours = ({ window, reference }: DriftInput, bins: number): readonly Group[] => {
  const total = sum(reference)
  const groups: Group[] = []
  let open: Group | null = null
  for (let i = 0; i < reference.length; i++) {
    const isOutside = reference[i] === 0 && (i === 0 || i === reference.length - 1)
    if (isOutside && window[i] > 0) {
      groups.push({ members: [i], window: window[i], reference: 0 })
      continue
    }
    open ??= { members: [], window: 0, reference: 0 }
    open.members.push(i)
    open.window += window[i]
    open.reference += reference[i]
    if (open.reference * bins >= total) {
      groups.push(open)
      open = null
    }
  }
  const last = groups.findLast(group => group.reference > 0)
  if (open === null) return groups
  if (last === undefined) return [...groups, open]
  last.members.push(...open.members)
  last.window += open.window
  last.reference += open.reference
  return groups
}

/**
 * Categories with fewer than 5 expected events are one bin, together with `unseen`: smoothing 168 categories with n = 221 drowns
 * the signal, and unseen values are what a reference's rare ones would have foretold (under no drift at all, a window of 221
 * flights holds 4 from airports that 3,468 flights of the reference never named).
 */
const poolRare = ({ window, reference }: DriftInput, smaller: number): readonly Group[] => {
  const total = sum(reference)
  const groups: Group[] = []
  const pool: Group = { members: [], window: 0, reference: 0 }
  for (let i = 0; i < reference.length; i++) {
    if (reference[i] * smaller >= MIN_EXPECTED * total) {
      groups.push({ members: [i], window: window[i], reference: reference[i] })
      continue
    }
    pool.members.push(i)
    pool.window += window[i]
    pool.reference += reference[i]
  }
  return [...groups, pool]
}
