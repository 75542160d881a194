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
 * The bins that PSI is computed on, nested in the reference's: with all 100, p < .002 is reached in half of windows of 1,000 that
 * lie a quarter of a standard deviation off, with 20 in 99 %. null: not enough data. Groups that are empty on both sides are left out:
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
 * A bin belongs to the B-quantile of the reference in which its middle lies; a group lighter than half of 1/B goes on into the
 * next. Taking bins until 1/B is reached would pick values that the reference happens to hold too often: the 5 % of 24 equal
 * values at n = m = 1,000 was 6.6 % so, and is 4.4 %. An end bin in which the reference has nothing is a group by itself: values
 * beyond all that was ever seen must not hide in a heavy neighbour.
 */
const joinNeighbours = ({ window, reference }: DriftInput, bins: number): readonly Group[] => {
  const total = sum(reference)
  const groups: Group[] = []
  const outside: Group[] = []
  const last = reference.length - 1
  let open: Group = { members: [], window: 0, reference: 0 }
  let below = 0
  for (let i = 0; i <= last; i++) {
    if (reference[i] === 0 && window[i] > 0 && (i === 0 || i === last)) {
      outside.push({ members: [i], window: window[i], reference: 0 })
      continue
    }
    addBin(open, i, window[i], reference[i])
    const slot = Math.floor((bins * (below + reference[i] / 2)) / total)
    below += reference[i]
    const nextSlot = i === last ? slot : Math.floor((bins * (below + reference[i + 1] / 2)) / total)
    if (nextSlot > slot && open.reference * 2 * bins >= total) {
      groups.push(open)
      open = { members: [], window: 0, reference: 0 }
    }
  }
  const previous = groups.at(-1)
  if (previous !== undefined && open.reference * 2 * bins < total)
    for (const i of open.members) addBin(previous, i, window[i], reference[i])
  else groups.push(open)
  return [...groups, ...outside].sort((a, b) => a.members[0] - b.members[0])
}

/**
 * Categories with fewer than 5 expected events on the smaller side are one bin, together with `unseen`: smoothing 168 categories
 * with n = 221 drowns the signal, and unseen values are what a reference's rare ones foretell (with no drift at all, a window of
 * 221 flights holds 4 from airports that 3,468 flights of the reference never named). Expected is by both sides together: judged
 * by the reference alone, the categories it happens to hold too often pass, and the 5 % of 250 categories at n = m = 1,000 is 19 %.
 */
const poolRare = ({ window, reference }: DriftInput, smaller: number): readonly Group[] => {
  const needed = (MIN_EXPECTED * (sum(window) + sum(reference))) / smaller
  const unseen = reference.length - 1
  const groups: Group[] = []
  const pool: Group = { members: [], window: 0, reference: 0 }
  for (let i = 0; i <= unseen; i++) {
    if (i === unseen || window[i] + reference[i] < needed) addBin(pool, i, window[i], reference[i])
    else groups.push({ members: [i], window: window[i], reference: reference[i] })
  }
  return [...groups, pool]
}

const addBin = (group: Group, member: number, window: number, reference: number): void => {
  group.members.push(member)
  group.window += window
  group.reference += reference
}
