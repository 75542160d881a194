import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import type { Config } from '../../../src/config/config.ts'
import { testConfig, testModel, testWindow } from '../../support/config.ts'
import { fired, MINUTE, minutes, onPartitions, PROMPT } from './minutes.ts'
import { createRig, emptyAt, type Rig, until } from './rig.ts'

const config: Config = testConfig({
  ...onPartitions(2),
  ...PROMPT,
  models: [testModel({ windows: [testWindow('minute', MINUTE)] })],
})

let rig: Rig | undefined
afterEach(() => rig?.close())

const restartOffset = async (on: Rig, partition: number): Promise<number> =>
  Number((await on.store.partitions.progress(2))[partition]?.restart.offset ?? -1)

describe('retention that overtook the restart point', () => {
  it('while the process was away: the gap is counted, and the windows that miss events say so', async () => {
    rig = await createRig(config)
    const first = await rig.start()
    await rig.publish(0, minutes(0, 1))
    await rig.publish(1, minutes(0, 1))
    await until(() => (rig as Rig).results.length >= 2)
    await first.stop()
    //   partition 0:  0  1 | 2  3  4 | 5       of minutes 2 to 4, 25 records are gone
    await rig.publish(0, minutes(2, 3, 4, 5, 6))
    await rig.publish(1, minutes(2, 3, 4, 5, 6))
    const restart = await restartOffset(rig, 0)
    rig.log.deleteRecords({ topic: 'predictions', partition: 0 }, restart + 25)
    const second = await rig.start()
    await until(() => fired(rig as Rig).length >= 6)
    expect(fired(rig)).toEqual([
      '0: 20 complete',
      '1: 20 incomplete', // it was open where the gap begins
      '2: 10 incomplete',
      '3: 10 incomplete',
      '4: 15 incomplete',
      '5: 20 complete',
    ])
    expect(await second.metric('tidemark_process_gap_records_total{')).toEqual([
      'tidemark_process_gap_records_total{role="monitor",topic="predictions",partition="0"} 25',
    ])
    expect(await second.metric('tidemark_process_incomplete_windows_total{')).toHaveLength(1)
    expect(second.logs.join('')).toContain('retention overtook the restart point')
  })

  it('while the process reads: what was folded is kept, and the gap is told', async () => {
    rig = await createRig(config)
    const held = { isHeld: true }
    const process = await rig.start({
      log: log => ({
        ...log,
        reader: async at => {
          const reader = await log.reader(at)
          return {
            ...reader,
            fetch: async offset => {
              if (!held.isHeld || at.partition === 1 || offset < 20) return reader.fetch(offset)
              await systemClock.sleep(5)
              return emptyAt(offset)
            },
          }
        },
      }),
    })
    await rig.publish(0, minutes(0, 1))
    await rig.publish(1, minutes(0, 1, 2, 3, 4))
    await until(() => fired(rig as Rig).length >= 1)
    await rig.publish(0, minutes(2, 3, 4))
    rig.log.deleteRecords({ topic: 'predictions', partition: 0 }, 35)
    held.isHeld = false
    await until(() => fired(rig as Rig).length >= 4)
    expect(fired(rig)).toEqual(['0: 20 complete', '1: 20 incomplete', '2: 10 incomplete', '3: 15 incomplete'])
    expect(await process.metric('tidemark_process_gap_records_total{')).toEqual([
      'tidemark_process_gap_records_total{role="monitor",topic="predictions",partition="0"} 15',
    ])
  })
})
