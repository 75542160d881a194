import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assignSticky, type Claimant, decodeHeld, encodeHeld } from '../../src/consumers/assignment.ts'

const groups = fc
  .record({
    partitionCount: fc.integer({ min: 0, max: 40 }),
    members: fc.array(fc.array(fc.tuple(fc.integer({ min: 0, max: 45 }), fc.integer({ min: 1, max: 20 })), { maxLength: 30 }), {
      minLength: 1,
      maxLength: 8,
    }),
  })
  .map(({ partitionCount, members }) => ({
    partitionCount,
    members: members.map((held, i): Claimant => ({ id: `member-${i}`, held: new Map(held) })),
  }))

const all = (count: number): readonly number[] => Array.from({ length: count }, (_, p) => p)
const inOrder = (assigned: ReadonlyMap<string, readonly number[]>) => [...assigned.values()].flat().toSorted((a, b) => a - b)

/** As a group of these members goes on: each holds what it was given, since when it has it. */
const goOn = (
  before: readonly Claimant[],
  assigned: ReadonlyMap<string, readonly number[]>,
  nowMs: number,
): readonly Claimant[] =>
  before.map(({ id, held }) => ({ id, held: new Map((assigned.get(id) ?? []).map(p => [p, held.get(p) ?? nowMs])) }))

const fresh = (id: string): Claimant => ({ id, held: new Map() })

const holdings = (members: readonly Claimant[]) => Object.fromEntries(members.map(({ id, held }) => [id, [...held.keys()]]))

describe('assignment', () => {
  it('gives each partition to one member, and everyone as many as the others, give or take one', () => {
    fc.assert(
      fc.property(groups, ({ members, partitionCount }) => {
        const assigned = assignSticky(members, partitionCount)
        expect(inOrder(assigned)).toEqual(all(partitionCount))
        const counts = [...assigned.values()].map(own => own.length)
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('is the same whatever the order of members', () => {
    fc.assert(
      fc.property(groups, ({ members, partitionCount }) => {
        const sorted = (given: readonly Claimant[]) => [...assignSticky(given, partitionCount)].toSorted()
        expect(sorted(members.toReversed())).toEqual(sorted(members))
      }),
    )
  })

  it('moves nothing where nothing changed, and no more than balance asks for where somebody left or came', () => {
    fc.assert(
      fc.property(groups, fc.integer({ min: 0, max: 8 }), ({ members, partitionCount }, at) => {
        const settled = goOn(members, assignSticky(members, partitionCount), 100)
        expect(goOn(settled, assignSticky(settled, partitionCount), 101)).toEqual(settled)
        const came = [...settled, fresh('new')]
        const given = assignSticky(came, partitionCount)
        for (const { id, held } of settled) {
          const kept = (given.get(id) ?? []).filter(p => held.has(p)).length
          expect(kept, 'an old member gets nothing new').toBe((given.get(id) ?? []).length)
        }
        if (settled.length < 2) return
        const left = settled.filter((_, i) => i !== at % settled.length)
        const taken = assignSticky(left, partitionCount)
        for (const { id, held } of left)
          expect((taken.get(id) ?? []).filter(p => held.has(p)).length, 'nobody loses what it has').toBe(held.size)
      }),
    )
  })

  it('gives a process that left and comes back what it had, in a rolling restart of all', () => {
    //            1      2      3
    // at first  0-3    4-7    8-11
    let members: readonly Claimant[] = ['1', '2', '3'].map(fresh)
    members = goOn(members, assignSticky(members, 12), 1)
    const before = holdings(members)
    let nowMs = 2
    let moved = 0
    for (const restarted of ['1', '2', '3']) {
      const others = members.filter(({ id }) => id !== restarted)
      members = goOn(others, assignSticky(others, 12), nowMs++)
      for (const { id, held } of members) moved += [...held.keys()].filter(p => !before[id].includes(p)).length
      const back = [...members, fresh(restarted)]
      members = goOn(back, assignSticky(back, 12), nowMs++).toSorted((a, b) => (a.id < b.id ? -1 : 1))
      expect(holdings(members)).toEqual(before)
    }
    expect(moved, 'each partition leaves its process once').toBe(12)
  })

  it('believes of two that hold a partition the one that got it last', () => {
    const zombie: Claimant = { id: 'a', held: new Map([0, 1].map(p => [p, 5])) }
    const owner: Claimant = { id: 'b', held: new Map([0, 1].map(p => [p, 9])) }
    const assigned = assignSticky([zombie, owner], 4)
    expect(Object.fromEntries(assigned)).toEqual({ a: [2, 3], b: [0, 1] })
  })

  it('a topic that grew is shared out without a move', () => {
    let members: readonly Claimant[] = ['1', '2'].map(fresh)
    members = goOn(members, assignSticky(members, 4), 1)
    const assigned = assignSticky(members, 6)
    expect(inOrder(assigned)).toEqual(all(6))
    for (const { id, held } of members) expect(assigned.get(id)).toEqual(expect.arrayContaining([...held.keys()]))
  })
})

describe('what members tell', () => {
  it('comes back as it was', () => {
    const held = new Map([
      [0, 5],
      [7, 1_700_000_000_000],
    ])
    expect(decodeHeld(encodeHeld(held))).toEqual(held)
  })

  it('is nothing where it cannot be read', () => {
    for (const text of ['', '{', '7', '{"a":1}', '[[1],[-1,2],["a",1],null]'])
      expect(decodeHeld(Buffer.from(text)), text).toEqual(new Map())
    expect(decodeHeld(null)).toEqual(new Map())
  })
})
