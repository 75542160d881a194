import { describe, expect, it } from 'vitest'
import { keysFor } from '../../../../src/windows/store/redis/keys.ts'
import { splitByCount, splitBySize, stageOf } from '../../../../src/windows/store/redis/split.ts'

describe('splitting a commit into calls', () => {
  const sizeOf = (item: number): number => item

  it('keeps order and stays below the limit, unless one item alone is above it', () => {
    expect(splitBySize([100, 100, 100, 900, 100], sizeOf, 400)).toEqual([[100, 100], [100], [900], [100]])
  })

  it('makes one call of nothing: the meta still moves', () => {
    expect(splitBySize([], sizeOf, 400)).toEqual([[]])
    expect(splitByCount([], 3)).toEqual([])
    expect(splitByCount([1, 2, 3, 4], 3)).toEqual([[1, 2, 3], [4]])
  })

  it('names the first and the last call', () => {
    expect([0].map(i => stageOf(i, 1))).toEqual(['all'])
    expect([0, 1, 2].map(i => stageOf(i, 3))).toEqual(['first', 'more', 'last'])
  })
})

describe('keys', () => {
  it('have one hash tag a partition and a shard', () => {
    const keys = keysFor('prod', 'predictions')
    const pane = { startMs: 60_000, widthMs: 1_000, shard: 3 }
    expect(keys.partition(7).pane(pane)).toBe('{tidemark:prod:in:predictions:7}:pane:60000:1000:3')
    expect(keys.partition(7).index(3)).toBe('{tidemark:prod:in:predictions:7}:panes:3')
    expect(keys.shard(3).rules).toBe('{tidemark:prod:fire:3}:rules')
  })

  it('refuse names that would end the tag', () => {
    expect(() => keysFor('a}b', 'predictions')).toThrow('{ or }')
  })
})
