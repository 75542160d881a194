import { afterEach, describe, expect, it } from 'vitest'
import type { Config } from '../../../src/config/config.ts'
import { StoredStateRefused } from '../../../src/roles/monitor/restore.ts'
import { testConfig, testModel, testWindow } from '../../support/config.ts'
import { fired, MINUTE, minutes, onPartitions, PROMPT } from './minutes.ts'
import { createRig, type Rig, until } from './rig.ts'

const config: Config = testConfig({
  ...onPartitions(2),
  ...PROMPT,
  models: [testModel({ windows: [testWindow('minute', MINUTE)] })],
})
const rebuilding: Config = { ...config, redis: { ...config.redis, lostState: 'rebuild' } }

let rig: Rig | undefined
afterEach(() => rig?.close())

/** Two minutes were read and one was fired; then the process stopped. */
const stopped = async (): Promise<Rig> => {
  const on = await createRig(config)
  rig = on
  const process = await on.start()
  for (const partition of [0, 1]) await on.publish(partition, minutes(0, 1))
  await until(() => fired(on).length === 1)
  await process.stop()
  expect(fired(on)).toEqual(['0: 20 complete'])
  return on
}

describe('a store that was wiped', () => {
  it('is refused with what to do, whole or in part', async () => {
    const lost: readonly ((unit: string) => boolean)[] = [() => true, unit => unit === 'in:0']
    for (const isLost of lost) {
      const on = await createRig(config)
      rig = on
      const empty = on.store.snapshot()
      const process = await on.start()
      for (const partition of [0, 1]) await on.publish(partition, minutes(0, 1))
      await until(() => fired(on).length === 1)
      await process.stop()
      on.store.restore(empty, isLost)
      const again = await on.start()
      await expect(again.monitor.failed).rejects.toThrow(StoredStateRefused)
      await expect(again.monitor.failed).rejects.toThrow(/state of predictions-\d is gone.*redis\.lostState: rebuild/)
      await on.close()
    }
  })

  it('is read again from the log where that is said to be right; what leaves again is equal', async () => {
    const empty = (await createRig(config)).store.snapshot()
    const on = await stopped()
    on.store.restore(empty)
    const again = await on.start({ config: rebuilding })
    for (const partition of [0, 1]) await on.publish(partition, minutes(2))
    await until(() => fired(on).length >= 3)
    expect(fired(on)).toEqual(['0: 20 complete', '0: 20 complete', '1: 20 complete'])
    expect(again.logs.join('')).toContain('the state of the partition is gone')
  })

  it('what the log no longer has is a gap: its windows are incomplete', async () => {
    const empty = (await createRig(config)).store.snapshot()
    const on = await stopped()
    on.store.restore(empty)
    on.log.deleteRecords({ topic: 'predictions', partition: 1 }, 15)
    const again = await on.start({ config: rebuilding })
    for (const partition of [0, 1]) await on.publish(partition, minutes(2, 3))
    await until(() => fired(on).length >= 4)
    expect(fired(on)).toEqual(['0: 20 complete', '0: 10 incomplete', '1: 15 incomplete', '2: 20 complete'])
    expect(await again.metric('tidemark_process_gap_records_total{')).toEqual([
      'tidemark_process_gap_records_total{role="monitor",topic="predictions",partition="1"} 15',
    ])
  })

  it('one partition alone is read again, and fires nothing a second time', async () => {
    const empty = (await createRig(config)).store.snapshot()
    const on = await stopped()
    on.store.restore(empty, unit => unit === 'in:0')
    await on.start({ config: rebuilding })
    for (const partition of [0, 1]) await on.publish(partition, minutes(2, 3))
    await until(() => fired(on).length >= 3)
    expect(fired(on)).toEqual(['0: 20 complete', '1: 20 complete', '2: 20 complete'])
  })
})

describe('a log that is not the one the state came from', () => {
  it('is refused where it ends before the restart point', async () => {
    const on = await stopped()
    const other = await createRig(config)
    other.store.restore(on.store.snapshot())
    const process = await other.start()
    await expect(process.monitor.failed).rejects.toThrow(
      /ends at 0, before the restart point 20: the topic was deleted and made again/,
    )
    await other.close()
  })

  it('is refused where it holds another batch at the place of the last one read', async () => {
    const on = await stopped()
    const other = await createRig(config)
    for (const partition of [0, 1]) await other.publish(partition, minutes(5, 6, 7))
    other.store.restore(on.store.snapshot())
    const process = await other.start()
    await expect(process.monitor.failed).rejects.toThrow(/holds another batch at \d+ than was read/)
    await other.close()
  })
})
