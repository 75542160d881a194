import { assignSticky } from '../assignment.ts'
import type { CommittedOffset, GroupMember, Membership } from '../log.ts'

type Listener = Parameters<Membership['start']>[0]

type Member = {
  readonly listener: Listener
  /** In order of starting. */
  readonly id: string
  /** Assigned partitions, and since which generation; of one that was given up, what it still believes. */
  held: ReadonlyMap<number, number>
  /** 0: in no generation. */
  generation: number
  /** start() and heartbeats that need an assignment first. */
  readonly waiting: Set<Readonly<{ resolve: () => void; reject: (error: Error) => void }>>
}

/** A consumer group of the twin. */
export type MemoryGroup = Readonly<{
  membership(): Membership
  members(): readonly GroupMember[]
  /**
   * The group gives the member up and tells it nothing, as after a session timeout: from now on it is a zombie. When it comes
   * back (by its next heartbeat) it hears a new assignment without `onRevoking` before it, as with kafkajs.
   */
  evict(membership: Membership): void
  /** There are more partitions to share. */
  topicGrew(): void
}>

/**
 * Assigned as the real one does (assignment.ts). A rebalance is two steps, each by `defer`: who had an assignment hears
 * `onRevoking`, then everyone hears the new assignment.
 */
export const createMemoryGroup = (
  groupId: string,
  partitionCount: () => number,
  defer: (task: () => void) => void,
): MemoryGroup => {
  const members: Member[] = []
  const memberOf = new WeakMap<Membership, () => Member | undefined>()
  const committed = new Map<number, CommittedOffset>()
  let generation = 0
  let joins = 0
  let phase: 'stable' | 'revoking' | 'assigning' = 'stable'

  const tell = (member: Member, call: () => void): void => {
    try {
      call()
    } catch (error) {
      member.listener.onCrash(error instanceof Error ? error : new Error(String(error)))
    }
  }

  const assign = (): void => {
    phase = 'stable'
    generation++
    const current = [...members]
    const assigned = assignSticky(current, partitionCount())
    for (const member of current) {
      member.generation = generation
      member.held = new Map((assigned.get(member.id) ?? []).map(p => [p, member.held.get(p) ?? generation]))
    }
    for (const member of current) {
      if (!members.includes(member)) continue
      tell(member, () => member.listener.onAssigned([...member.held.keys()], member.generation))
      const waiting = [...member.waiting]
      member.waiting.clear()
      for (const { resolve } of waiting) resolve()
    }
  }

  const revoke = (): void => {
    phase = 'assigning'
    for (const member of [...members]) if (member.generation > 0) tell(member, () => member.listener.onRevoking())
    defer(assign)
  }

  const rebalance = (): void => {
    if (phase !== 'stable') return
    phase = 'revoking'
    defer(revoke)
  }

  const remove = (member: Member): void => {
    const index = members.indexOf(member)
    if (index < 0) return
    members.splice(index, 1)
    if (members.length > 0) rebalance()
  }

  const join = (member: Member): void => {
    if (members.includes(member)) return
    members.push(member)
    rebalance()
  }

  const rejoined = (member: Member): Promise<void> =>
    new Promise((resolve, reject) => {
      member.waiting.add({ resolve, reject })
      join(member)
    })

  const membership = (): Membership => {
    let self: Member | undefined
    const started = (): Member => {
      if (self === undefined) throw new Error(`not a member of group ${groupId}: start() first`)
      return self
    }
    const membership: Membership = {
      start: async listener => {
        if (self !== undefined) throw new Error(`already a member of group ${groupId}`)
        const id = String(joins++).padStart(6, '0')
        self = { listener, id, held: new Map(), generation: 0, waiting: new Set() }
        await rejoined(self)
      },
      freshHeartbeat: async () => {
        const member = started()
        if (phase !== 'stable' || !members.includes(member)) return rejoined(member)
        return new Promise(resolve => defer(resolve))
      },
      commitOffsets: async (offsets, metadata = '') => {
        const member = started()
        if (phase === 'assigning' || !members.includes(member)) {
          throw new Error(`group ${groupId} refuses the offsets of a member that is not in its current generation`)
        }
        for (const [partition, offset] of offsets) {
          if (!member.held.has(partition)) throw new Error(`partition ${partition} is not assigned to this member of ${groupId}`)
          committed.set(partition, { offset, metadata })
        }
      },
      committed: async partitions => new Map([...committed].filter(([partition]) => partitions.includes(partition))),
      stop: async () => {
        const member = self
        if (member === undefined) return
        self = undefined
        remove(member)
        for (const { reject } of member.waiting) reject(new Error(`left group ${groupId}`))
      },
    }
    memberOf.set(membership, () => self)
    return membership
  }

  return {
    membership,
    members: () => members.map(({ id, held }) => ({ client: `member ${Number(id)}`, partitions: [...held.keys()] })),
    topicGrew: () => {
      if (members.length > 0) rebalance()
    },
    evict(membership) {
      const member = memberOf.get(membership)?.()
      if (member === undefined) return
      member.generation = 0
      remove(member)
      if (member.waiting.size > 0) join(member)
    },
  }
}
