import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Random } from '../support/random.ts'

/** Whoever an event is for. A frozen one's events wait until it thaws; a dead one's never happen. */
export type Life = { state: 'running' | 'frozen' | 'dead' }

/**
 * Virtual time: what is to happen, by when. Between two events everything that can run without an event has run, so that a
 * history is a function of its seed. Events of the same ms happen in random order.
 */
export type Timeline = Readonly<{
  nowMs(): number
  /** `life` null: nobody's, it happens in any case. Returns what takes it back. */
  after(delayMs: number, life: Life | null, happen: () => void): () => void
  /** What waited for the life since it froze happens now. */
  thawed(life: Life): void
  /** Lets events happen until `done` says so; false: the limit was reached, or nothing is left to happen. */
  run(done: () => boolean, limit: Readonly<{ untilMs: number; events: number }>): Promise<boolean>
  events(): number
}>

type Event = { dueMs: number; order: number; life: Life | null; happen: () => void; live: boolean }

export const createTimeline = (startMs: number, random: Random): Timeline => {
  const heap: Event[] = []
  let held: Event[] = []
  let nowMs = startMs
  let happened = 0

  const after = (delayMs: number, life: Life | null, happen: () => void): (() => void) => {
    if (life?.state === 'dead') return () => {}
    const event: Event = { dueMs: nowMs + delayMs, order: random.uniform(), life, happen, live: true }
    push(heap, event)
    return () => {
      event.live = false
    }
  }

  const perform = (event: Event): boolean => {
    if (!event.live || event.life?.state === 'dead') return false
    if (event.life?.state === 'frozen') {
      held.push(event)
      return false
    }
    nowMs = Math.max(nowMs, event.dueMs)
    happened++
    event.happen()
    return true
  }

  return {
    nowMs: () => nowMs,
    after,
    thawed: life => {
      const waiting = held.filter(event => event.life === life)
      held = held.filter(event => event.life !== life)
      for (const event of waiting) {
        event.dueMs = nowMs
        push(heap, event)
      }
    },
    run: async (done, limit) => {
      const last = happened + limit.events
      while (!done()) {
        const next = heap[0]
        if (next === undefined || next.dueMs > limit.untilMs || happened >= last) return false
        pop(heap)
        if (perform(next)) await nextTurn()
      }
      return true
    },
    events: () => happened,
  }
}

const isBefore = (a: Event, b: Event): boolean => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)

const push = (heap: Event[], event: Event): void => {
  let at = heap.length
  heap.push(event)
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!isBefore(event, heap[parent])) break
    heap[at] = heap[parent]
    at = parent
  }
  heap[at] = event
}

const pop = (heap: Event[]): void => {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++
    if (!isBefore(heap[child], last)) break
    heap[at] = heap[child]
    at = child
  }
  heap[at] = last
}
