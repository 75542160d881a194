import { afterEach, expect, it } from 'vitest'
import type { Config } from '../../../src/config/config.ts'
import { policyVersion } from '../../../src/config/policy.ts'
import { testConfig, testModel, testRule, testWindow } from '../../support/config.ts'
import { MINUTE, onPartitions, PROMPT } from './minutes.ts'
import { createRig, type Rig, until } from './rig.ts'

const above = (threshold: number): Config =>
  testConfig({
    ...onPartitions(1),
    ...PROMPT,
    models: [testModel({ windows: [testWindow('w', 2 * MINUTE)] })],
    rules: [testRule({ kind: 'above', metric: 'count', subject: null, threshold, resolveAt: threshold })],
  })

let rig: Rig | undefined
afterEach(() => rig?.close())

/** Ten events a minute. */
const minutes = (from: number, to: number) =>
  Array.from({ length: 10 * (to - from) }, (_, i) => ({ time: from * MINUTE + (i * MINUTE) / 10 }))

const judged = ({ results }: Rig) =>
  results.filter(({ version }) => version === '*').map(({ start, policyVersion: by }) => `${start / MINUTE} by ${by}`)

it('a changed threshold judges the windows that begin after it, under another policy version; what is open keeps the old one', async () => {
  const [loose, strict] = [above(100), above(5)]
  const [v1, v2] = [policyVersion(loose), policyVersion(strict)]
  expect(v1).not.toBe(v2)
  const on = await createRig(loose)
  rig = on
  const old = await on.start()
  //  0     2     4     6     8
  //  |-----|-----|-- | --|-----|     the process with the new policy starts while the window from 4 is open
  await on.publish(0, minutes(0, 5))
  await until(() => judged(on).length >= 2)
  await old.stop()
  const process = await on.start({ config: strict })
  await on.publish(0, minutes(5, 11))
  await until(() => judged(on).length >= 5)
  expect(judged(on)).toEqual([`0 by ${v1}`, `2 by ${v1}`, `4 by ${v1}`, `6 by ${v2}`, `8 by ${v2}`])
  await until(() => on.alerts.length >= 1)
  expect(on.alerts.map(alert => [alert.state, alert.windowStart / MINUTE, alert.policyVersion])).toEqual([['firing', 6, v2]])
  expect(process.logs.join('')).toContain('judged by another policy')
})
