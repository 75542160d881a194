// How many partitions move when processes leave and return, by the assigner: computed, for the same sequence of memberships.
import { randomUUID } from 'node:crypto'
import { assignSticky } from '../../dist/consumers/assignment.js'

/** As kafkajs's own assigner: in turn, by sorted member id. */
const roundRobin = (ids, _held, partitions) => {
  const sorted = [...ids].sort()
  return new Map(Array.from({ length: partitions }, (_, p) => [p, sorted[p % sorted.length]]))
}

/** As Kafka's range assigner, which kafkajs does not have: runs of neighbours, by sorted member id. */
const range = (ids, _held, partitions) => {
  const sorted = [...ids].sort()
  const least = Math.floor(partitions / sorted.length)
  const larger = partitions % sorted.length
  const owners = sorted.flatMap((id, i) => Array(least + (i < larger ? 1 : 0)).fill(id))
  return new Map(owners.map((id, p) => [p, id]))
}

const sticky = (ids, held, partitions) => {
  const claimants = ids.map(id => ({
    id,
    held: new Map([...held].filter(([, at]) => at.id === id).map(([p, at]) => [p, at.sinceMs])),
  }))
  const assigned = assignSticky(claimants, partitions)
  return new Map([...assigned].flatMap(([id, own]) => own.map(p => [p, id])))
}

export const ASSIGNERS = { sticky, 'round-robin': roundRobin, range }

/**
 * Partitions whose owner changes while each of `size` members leaves and returns under a new id, as a restarted process does;
 * of a leave and of a return, on average over `draws` of ids. Half of a leave is unavoidable: the leaver's own.
 */
export const movesOf = (assign, size, partitions, draws = 500) => {
  let leaving = 0
  let returning = 0
  let stayersLost = 0
  let imbalance = 0
  for (let draw = 0; draw < draws; draw++) {
    let ids = Array.from({ length: size }, () => randomUUID())
    let held = new Map()
    let nowMs = 0
    const rebalance = () => {
      const owners = assign(ids, held, partitions)
      nowMs++
      let moved = 0
      let lost = 0
      const next = new Map()
      for (const [p, id] of owners) {
        const before = held.get(p)
        next.set(p, before?.id === id ? before : { id, sinceMs: nowMs })
        if (before !== undefined && before.id !== id) {
          moved++
          if (ids.includes(before.id)) lost++
        }
      }
      held = next
      const counts = ids.map(id => [...owners.values()].filter(owner => owner === id).length)
      imbalance = Math.max(imbalance, Math.max(...counts) - Math.min(...counts))
      return { moved, lost }
    }
    rebalance()
    for (const leaver of [...ids]) {
      ids = ids.filter(id => id !== leaver)
      const left = rebalance()
      leaving += left.moved
      stayersLost += left.lost
      ids = [...ids, randomUUID()]
      returning += rebalance().moved
    }
  }
  const of = total => total / draws / size
  return { leaving: of(leaving), stayersLost: of(stayersLost), returning: of(returning), imbalance }
}
