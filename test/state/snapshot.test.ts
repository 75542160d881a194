import { afterEach, describe, expect, it } from 'vitest'
import type { Config } from '../../src/config/config.ts'
import { monitorGroup } from '../../src/roles/monitor/group.ts'
import { blockingOf } from '../../src/state/blocking.ts'
import { renderState } from '../../src/state/render.ts'
import { type StateSnapshot, takeSnapshot } from '../../src/state/snapshot.ts'
import { createRig, type Rig, until } from '../roles/monitor/rig.ts'
import { testConfig, testModel, testTime, testWindow } from '../support/config.ts'

const MINUTE = 60_000
const config: Config = testConfig({
  kafka: { ...testConfig().kafka, partitions: 2 },
  time: testTime({ outOfOrdernessMs: 0, allowedLatenessMs: 0, retireAfterMs: 0 }),
  checkpoint: { intervalMs: 5, maxReplayMs: 30_000, maxBytes: 1 << 20 },
  models: [testModel({ windows: [testWindow('minute', MINUTE)] })],
})
const ATTIME = { atMs: 5 * MINUTE, namespace: 'test', topic: 'predictions', groupId: monitorGroup('test') }

let rig: Rig | undefined
afterEach(() => rig?.close())

const look = async (on: Rig): Promise<StateSnapshot> => {
  const snapshot = await takeSnapshot({ log: on.log, store: on.store }, ATTIME)
  if (snapshot === null) throw new Error('nothing is stored')
  return snapshot
}

const blocked = (snapshot: StateSnapshot) =>
  blockingOf(snapshot, config.budget).map(({ what, number, why }) => `${what} ${number}: ${why}`)

const minutes = (...numbers: readonly number[]) =>
  numbers.flatMap(minute => Array.from({ length: 10 }, (_, i) => ({ time: minute * MINUTE + i })))

describe('the state of a namespace', () => {
  it('is nothing where nothing was stored', async () => {
    rig = await createRig(config)
    expect(await takeSnapshot({ log: rig.log, store: rig.store }, ATTIME)).toBeNull()
  })

  it('shows owners, offsets, watermarks, panes and the ledger; and which partition the others wait for', async () => {
    const on = await createRig(config)
    rig = on
    const process = await on.start()
    await on.publish(0, minutes(0, 1, 2))
    await on.publish(1, minutes(0))
    const positions = () => process.metric('tidemark_process_partition_position{')
    await until(async () => (await positions()).filter(line => / [13]0$/.test(line)).length === 2)
    await process.stop() // with its last checkpoints
    await on.publish(1, minutes(1))
    const left = await look(on)
    expect(left.partitions[1]).toMatchObject({
      owner: { instance: 'process-0', epoch: 1 },
      member: null,
      log: { lowOffset: 0, highOffset: 20 },
      stored: { restartOffset: 10, replayRecords: 10, closedThroughMs: 9 },
    })
    expect(blocked(left)).toEqual(['partition 1: no process holds it now: it is 2 min behind the furthest'])

    await on.start()
    await until(async () =>
      (await look(on)).partitions.every(({ stored, member }) => stored?.caughtUp === true && member !== null),
    )
    await until(async () => (await look(on)).partitions[1].stored?.closedThroughMs === MINUTE + 9)
    await until(async () => (await look(on)).shards.every(({ firedThroughMs }) => firedThroughMs === MINUTE + 9))
    const now = await look(on)
    expect(blocked(now)).toEqual([
      'partition 1: everything of it is read, and it is 60 s behind the furthest: silent for time.idleTimeout it is waited for no longer, else for time.maxHold at most',
    ])
    const page = renderState(now, blockingOf(now, config.budget))
    expect(page).toMatch(/^0 +process-1 +\d+ +30 +0 +1970-01-01T00:02:00Z, 3 min ago +live +\d/m)
    expect(page).toContain('in windows')
    expect(page).toMatch(/^0 +process-1 +1970-01-01T00:01:00Z +\d/m)
  })

  it('names a partition that nobody ever owned', async () => {
    const on = await createRig(config)
    rig = on
    const process = await on.start()
    await until(async () => (await look(on)).partitions.every(({ stored }) => stored !== null))
    await process.stop()
    const snapshot = await look(on)
    const unowned: StateSnapshot = {
      ...snapshot,
      partitions: snapshot.partitions.map(p => (p.partition === 1 ? { ...p, owner: null, stored: null } : p)),
    }
    expect(blocked(unowned)).toEqual([
      'partition 1: no process holds it and none ever did: windows wait for time.startupGrace, then leave incomplete',
    ])
  })

  it('names an open transaction, a full outbox, and nothing where all is well', async () => {
    const on = await createRig(config)
    rig = on
    await on.start()
    await on.publish(0, minutes(0))
    await on.publish(1, minutes(0))
    await until(async () => (await look(on)).shards.every(({ firedThroughMs }) => firedThroughMs === 9))
    await until(async () => blocked(await look(on)).length === 0) // the checkpoint that says that all was read is the next one
    const snapshot = await look(on)
    const [first, second] = snapshot.partitions
    const hidden: StateSnapshot = {
      ...snapshot,
      partitions: [
        {
          ...first,
          log: { lowOffset: 0, highOffset: 15, lastStableOffset: 10 },
          stored: first.stored && { ...first.stored, restartOffset: 10 },
        },
        second,
      ],
      shards: snapshot.shards.map(shard => (shard.shard === 1 ? { ...shard, outbox: config.budget.outboxAlerts } : shard)),
    }
    expect(blocked(hidden)).toEqual([
      'partition 0: an open transaction hides 5 records: it must be committed or aborted',
      'shard 1: its outbox is full (1000 alerts): the alerts topic takes nothing',
    ])
  })
})
