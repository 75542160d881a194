import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { aggregatesFor } from '../../../src/windows/aggregates/index.ts'
import { createLayout, emptyCells } from '../../../src/windows/layout.ts'
import type { Reference } from '../../../src/windows/reference/reference.ts'
import { modelOf } from '../../support/aggregates.ts'

test('docs/measures.md has a row for every metric, and no other', () => {
  const reference: Reference = {
    ...{ format: 1, version: '000000000000', model: 'm', samples: 1, startMs: 0, endMs: 0, prediction: null, segments: {} },
    features: {
      size: { kind: 'numeric', n: 1, missing: 0, notFinite: 0, mean: 1, std: 0, min: 1, max: 1, edges: [1], counts: [1, 0] },
      colour: { kind: 'categorical', n: 1, missing: 0, values: [{ value: 'red', count: 1 }] },
    },
  }
  const dictionary = { features: ['colour', 'size'], segments: [], businessRules: ['cap'] }
  const aggregates = aggregatesFor(modelOf({ reference, itemsAtLeast: [1], businessRules: ['cap'] }), dictionary)
  const layout = createLayout(aggregates, '')
  const measured = aggregates.flatMap((aggregate, i) => aggregate.summarize(emptyCells(layout), layout.starts[i], 1000))

  const page = readFileSync(new URL('../../../docs/measures.md', import.meta.url), 'utf8')
  const documented = [...page.matchAll(/^\| `([a-z0-9_]+)` \|/gm)].map(([, metric]) => metric)
  expect(documented.toSorted()).toEqual([...new Set(measured.map(({ metric }) => metric))].sort())
  expect(new Set(documented).size).toBe(documented.length)
})
