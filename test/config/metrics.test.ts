import { expect, test } from 'vitest'
import { METRIC_NAMES } from '../../src/config/metrics.ts'
import { emptyCells } from '../../src/windows/layout.ts'
import { createPlans } from '../../src/windows/plan.ts'
import { configOf } from './fixtures.ts'

test('rules may name exactly what windows measure', () => {
  const config = configOf('models: [{name: bikes, reference: bikes.json, itemsAtLeast: [1], businessRules: [cap]}]')
  const [{ layout }] = createPlans(config).named
  const cells = emptyCells(layout)
  const measured = layout.aggregates.flatMap((aggregate, i) =>
    aggregate.summarize(cells, layout.starts[i], 60_000).map(found => found.metric),
  )
  expect([...new Set(measured)].sort()).toEqual([...METRIC_NAMES].sort())
})
