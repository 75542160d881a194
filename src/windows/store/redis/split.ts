/** Which of a commit's calls: see checkpoint.lua. */
export type Stage = 'all' | 'first' | 'more' | 'last'

/** What an item of a call costs beside its bytes; also bounds how many arguments a call has. */
const ITEM_BYTES = 64

/** Cuts items, in order, into calls of at most about `maxBytes`; at least one call, with no items if need be. */
export const splitBySize = <T>(
  items: readonly T[],
  bytesOf: (item: T) => number,
  maxBytes: number,
): readonly (readonly T[])[] => {
  const calls: T[][] = [[]]
  let bytes = 0
  for (const item of items) {
    const size = bytesOf(item) + ITEM_BYTES
    const call = calls[calls.length - 1]
    if (call.length > 0 && bytes + size > maxBytes) {
      calls.push([item])
      bytes = size
    } else {
      call.push(item)
      bytes += size
    }
  }
  return calls
}

export const splitByCount = <T>(items: readonly T[], maxCount: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / maxCount) }, (_, i) => items.slice(i * maxCount, (i + 1) * maxCount))

export const stageOf = (index: number, count: number): Stage => {
  if (count === 1) return 'all'
  if (index === 0) return 'first'
  return index === count - 1 ? 'last' : 'more'
}
