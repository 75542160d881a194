import { describe, expect, test } from 'vitest'
import { createNodes } from '../../../src/windows/firing/node-cache.ts'
import type { Node } from '../../../src/windows/merge.ts'

const node = (bytes: number): Node => ({ cells: new Uint8Array(bytes), late: 0, offsets: new Map() })

describe('merged nodes', () => {
  test('are apart by series, by version and all versions merged, by first pane and by width', () => {
    const nodes = createNodes()
    const places = ['["m",""]', '["m","","a","b"]'].flatMap(segment =>
      [null, '1', '2'].map(version => nodes.of(segment, version)),
    )
    for (const [i, cache] of places.entries()) cache.keep(-8, 4, node(i + 1))
    expect(places.map(cache => cache.get(-8, 4)?.cells.length)).toEqual([1, 2, 3, 4, 5, 6])
    expect([places[0].get(-8, 8), places[0].get(-4, 4), places[0].get(8, 4)]).toEqual([undefined, undefined, undefined])
  })

  test('are forgotten with the first of their panes, and counted until then', () => {
    const nodes = createNodes()
    const cache = nodes.of('["m",""]', null)
    cache.keep(-4, 2, node(10))
    cache.keep(-4, 4, node(20))
    cache.keep(-2, 2, node(40))
    cache.keep(0, 8, node(80))
    nodes.forgetBefore(-3)
    expect(nodes.bytes()).toBe(120)
    nodes.forgetBefore(0)
    expect(nodes.bytes()).toBe(80)
    expect(nodes.of('["m",""]', null).get(0, 8)?.cells.length).toBe(80)
    nodes.forgetBefore(1)
    expect(nodes.bytes()).toBe(0)
  })
})
