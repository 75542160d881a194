import type { Random } from '../support/random.ts'

/**
 * What happens at a call of a process to the world outside (the store, the log, the group, the registry). A process does
 * nothing between two calls that anyone could see, so that a crash at one of them is a crash at any await.
 */
export type Fault =
  /** Did not arrive: the caller hears of it. */
  | Readonly<{ kind: 'lost-request' }>
  /** Done, but the reply is lost. */
  | Readonly<{ kind: 'lost-reply' }>
  /** Arrives twice; the second reply is heard. */
  | Readonly<{ kind: 'twice' }>
  /** The caller gives it up, and it is done later. */
  | Readonly<{ kind: 'late'; delayMs: number }>
  /** Done and answered, and done once more later. */
  | Readonly<{ kind: 'again'; delayMs: number }>
  /** On its way for long. */
  | Readonly<{ kind: 'slow'; delayMs: number }>
  /** The process dies; the call may be done all the same. Another takes its place after `awayMs`. */
  | Readonly<{ kind: 'crash'; isDone: boolean; awayMs: number }>
  /** A deploy: it stops in good order. */
  | Readonly<{ kind: 'restart'; awayMs: number }>
  /** SIGSTOP: nothing reaches it. Longer than the session timeout, others take over: a zombie wakes. */
  | Readonly<{ kind: 'freeze'; forMs: number }>
  /** The group gives it up and tells it nothing; it goes on, until a heartbeat tells it. */
  | Readonly<{ kind: 'evict'; beatMs: number }>
  /** The store fails over to a replica that lacks the last writes: of `units` (see StoreUnit), or of all. */
  | Readonly<{ kind: 'failover'; snapshotsBack: number; units: readonly string[] | 'all' }>

export type FaultKind = Fault['kind']

export type Place = Readonly<{ process: string; call: number; name: string }>

export type Struck = Place & Readonly<{ fault: Fault }>

/** How often faults are drawn, and which. */
export type Temper = Readonly<{ rate: number; kinds: readonly FaultKind[] }>

export type FaultSource = (place: Place) => Fault | null

export const drawnFaults = (random: Random, { rate, kinds }: Temper, partitions: number): FaultSource => {
  const delay = (typicalMs: number): number => Math.round(typicalMs * 10 ** (2 * random.uniform() - 1))
  const units = (): readonly string[] | 'all' => {
    if (random.uniform() < 0.5) return 'all'
    const all = Array.from({ length: partitions }, (_, p) => [`in:${p}`, `fire:${p}`]).flat()
    return all.filter(() => random.uniform() < 0.4)
  }
  const make = (kind: FaultKind): Fault => {
    switch (kind) {
      case 'lost-request':
      case 'lost-reply':
      case 'twice':
        return { kind }
      case 'late':
      case 'again':
      case 'slow':
        return { kind, delayMs: delay(200) }
      case 'crash':
        return { kind, isDone: random.uniform() < 0.5, awayMs: delay(100) }
      case 'restart':
        return { kind, awayMs: delay(50) }
      case 'freeze':
        return { kind, forMs: delay(500) }
      case 'evict':
        return { kind, beatMs: delay(300) }
      case 'failover':
        return { kind, snapshotsBack: 1 + random.below(4), units: units() }
    }
  }
  return () => (kinds.length > 0 && random.uniform() < rate ? make(random.pick(kinds)) : null)
}

export const listedFaults = (list: readonly Struck[]): FaultSource => {
  const byPlace = new Map(list.map(struck => [`${struck.process} ${struck.call}`, struck.fault]))
  return ({ process, call }) => byPlace.get(`${process} ${call}`) ?? null
}
