/** A member of a group, and the partitions that it holds, each with the moment at which it got it, ms since the epoch. */
export type Claimant = Readonly<{ id: string; held: ReadonlyMap<number, number> }>

/**
 * Who gets which partition: everyone as many as the others, give or take one, and as few moves as that allows.
 *
 * A partition stays with who holds it; of two who say so, with who got it last (the other has lost it and does not know). Who
 * has too many gives away those that it got last: when a process leaves and comes back (a rolling restart), its partitions come
 * back to it, and those of others never move. A function of its arguments, whatever their order.
 */
export const assignSticky = (claimants: readonly Claimant[], partitionCount: number): ReadonlyMap<string, readonly number[]> => {
  const members = [...claimants].sort(byId)
  const holders = holdersOf(members, partitionCount)
  const held = new Map<string, Holding[]>(members.map(({ id }) => [id, []]))
  for (const [partition, { id, sinceMs }] of holders) held.get(id)?.push({ partition, sinceMs })

  const least = Math.floor(partitionCount / members.length)
  const withOneMore = partitionCount - least * members.length
  // the odd ones stay where most are already
  const quotas = new Map(
    [...members]
      .sort((a, b) => countOf(held, b) - countOf(held, a) || byId(a, b))
      .map(({ id }, rank) => [id, rank < withOneMore ? least + 1 : least]),
  )
  const assigned = new Map<string, number[]>()
  for (const { id } of members) {
    const oldestFirst = (held.get(id) ?? []).sort((a, b) => a.sinceMs - b.sinceMs || a.partition - b.partition)
    assigned.set(
      id,
      oldestFirst.slice(0, quotas.get(id)).map(({ partition }) => partition),
    )
  }
  const kept = new Set([...assigned.values()].flat())
  let free = Array.from({ length: partitionCount }, (_, p) => p).filter(p => !kept.has(p))
  for (const { id } of members) {
    const own = assigned.get(id) ?? []
    const missing = (quotas.get(id) ?? 0) - own.length
    own.push(...free.slice(0, missing))
    free = free.slice(missing)
    own.sort((a, b) => a - b)
  }
  return assigned
}

type Holding = Readonly<{ partition: number; sinceMs: number }>

const byId = (a: Claimant, b: Claimant): number => (a.id < b.id ? -1 : 1)

const countOf = (held: ReadonlyMap<string, readonly Holding[]>, { id }: Claimant): number => held.get(id)?.length ?? 0

const holdersOf = (
  members: readonly Claimant[],
  partitionCount: number,
): ReadonlyMap<number, Readonly<{ id: string; sinceMs: number }>> => {
  const holders = new Map<number, Readonly<{ id: string; sinceMs: number }>>()
  for (const { id, held } of members)
    for (const [partition, sinceMs] of held) {
      if (partition >= partitionCount) continue
      const other = holders.get(partition)
      if (other === undefined || sinceMs > other.sinceMs) holders.set(partition, { id, sinceMs })
    }
  return holders
}

/** What a member holds as it tells the group; what cannot be read holds nothing. */
export const encodeHeld = (held: ReadonlyMap<number, number>): Buffer => Buffer.from(JSON.stringify([...held]))

export const decodeHeld = (bytes: Uint8Array | null | undefined): ReadonlyMap<number, number> => {
  if (!bytes || bytes.length === 0) return new Map()
  try {
    const entries: unknown = JSON.parse(Buffer.from(bytes).toString())
    return new Map(Array.isArray(entries) ? entries.filter(isHolding) : [])
  } catch {
    return new Map()
  }
}

const isHolding = (entry: unknown): entry is [number, number] =>
  Array.isArray(entry) && entry.length === 2 && Number.isInteger(entry[0]) && entry[0] >= 0 && Number.isFinite(entry[1])
