import type { Membership } from '../../consumers/log.ts'
import type { Health } from '../../sinks/readiness.ts'
import { type MonitorContext, OwnershipLost, RETRY } from './context.ts'
import { monitorGroup } from './group.ts'
import { type PartitionTask, startPartitionTask } from './partition-task.ts'
import type { PauseReason } from './pausing.ts'
import { StoredStateRefused } from './restore.ts'
import { type ShardTask, startShardTask } from './shard-task.ts'

/** The monitor role of one process: a member of the group, with a task for each partition and shard it owns. */
export type Monitor = Readonly<{
  /** ok once partitions are assigned and none has failed. */
  health(): Promise<Health>
  /** Checkpoints everything, leaves the group. */
  stop(): Promise<void>
  /** Rejects when the process cannot go on: refused state, a crash of the membership. */
  failed: Promise<never>
}>

/** How often the group's offsets are written, for lag tools. */
const COMMIT_MS = 5_000
/** How often the topic is looked at for new partitions. */
const TOPOLOGY_MS = 5_000

type Owned = {
  stopped: boolean
  partition: PartitionTask | undefined
  shard: ShardTask | undefined
  pausedBy: PauseReason | null
}

export const startMonitor = async (context: MonitorContext): Promise<Monitor> => {
  const { clock, config, logger, log, store, topology } = context
  const membership: Membership = log.membership({
    groupId: monitorGroup(config.namespace),
    topic: config.kafka.topics.predictions,
    sessionTimeoutMs: config.kafka.sessionTimeoutMs,
  })
  const owned = new Map<number, Owned>()
  const troubles = new Map<number, string>()
  const stopping = new AbortController()
  let assigned = false
  let claims = 0
  let settling: Promise<void> = Promise.resolve()
  let fail: (error: Error) => void = () => {}
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  failed.catch(() => {})

  /** New partitions are waited for; a topic that cannot be looked at now is looked at again. */
  const lookAtTopic = async (): Promise<void> => {
    const before = topology.partitionCount()
    const partitions = await topology.refresh().catch(() => before)
    if (partitions <= before) return
    logger.info({ before, partitions }, 'the topic has more partitions: windows wait for them from now on')
    wakeShards()
  }

  const wakeShards = (): void => {
    for (const { shard } of owned.values()) shard?.wake()
  }

  /** Runs one kind of task for as long as the partition is owned: a lost claim is taken again, after a fresh heartbeat. */
  const keep = async (partition: number, own: Owned, run: (token: string) => Promise<void>): Promise<void> => {
    for (let failures = 0; !own.stopped; ) {
      try {
        await run(`${context.instance}:${partition}:${++claims}`)
        return
      } catch (error) {
        if (own.stopped) return
        if (error instanceof StoredStateRefused) {
          fail(error)
          return
        }
        const message = error instanceof Error ? error.message : String(error)
        if (error instanceof OwnershipLost) {
          logger.warn({ partition, kind: error.kind }, `${message}: memory dropped, claiming again if still assigned`)
          if (error.kind === 'fenced') await membership.freshHeartbeat().catch(() => {})
        } else {
          troubles.set(partition, message)
          logger.error({ partition, err: error }, 'partition failed: it is tried again')
          await clock.sleep(Math.min(RETRY.maxMs, RETRY.firstMs * 2 ** failures++), stopping.signal)
        }
      }
    }
  }

  /** The store or the group remembers an owner. A partition whose state is missing all the same has lost it. */
  const everOwned = async (partition: number): Promise<boolean> =>
    (await store.initialised()).has(partition) || (await membership.committed([partition])).has(partition)

  const take = (partition: number): void => {
    const own: Owned = { stopped: false, partition: undefined, shard: undefined, pausedBy: null }
    owned.set(partition, own)
    void keep(partition, own, token => {
      own.partition = startPartitionTask(context, {
        partition,
        token,
        onCheckpoint: () => {
          troubles.delete(partition)
          wakeShards()
        },
        everOwned: () => everOwned(partition),
        onPause: reason => {
          own.pausedBy = reason
        },
      })
      return own.partition.ended
    })
    if (partition >= topology.shardCount) return
    void keep(partition, own, token => {
      own.shard = startShardTask(context, { shard: partition, token })
      return own.shard.ended
    })
  }

  const release = async (partition: number): Promise<void> => {
    const own = owned.get(partition)
    if (!own) return
    own.stopped = true
    owned.delete(partition)
    troubles.delete(partition)
    await own.partition?.stop()
    await own.shard?.stop()
  }

  /** One assignment after the other; each stops what left before it starts what came. */
  const reassign = (partitions: readonly number[]): void => {
    settling = settling.then(async () => {
      await Promise.all([...owned.keys()].filter(p => !partitions.includes(p)).map(release))
      if (stopping.signal.aborted) return
      for (const partition of partitions) if (!owned.has(partition)) take(partition)
      assigned = true
    })
  }

  await membership.start({
    onAssigned: (partitions, generation) => {
      logger.info({ partitions, generation }, 'partitions assigned')
      reassign(partitions)
      void lookAtTopic() // a topic that has grown is assigned anew
    },
    onRevoking: () => {
      for (const { partition } of owned.values()) partition?.checkpointSoon()
    },
    onCrash: error => fail(error),
  })

  const commitOffsets = async (): Promise<void> => {
    const offsets = new Map<number, bigint>()
    for (const [p, { partition }] of owned) {
      const offset = partition?.restartOffset()
      if (offset !== undefined) offsets.set(p, offset)
    }
    // for lag tools only: a refusal while the group rebalances says nothing that anyone must hear
    if (offsets.size > 0)
      await membership.commitOffsets(offsets).catch(error => logger.debug({ err: error }, 'offsets not committed'))
  }
  const watchingTopic = (async () => {
    while (!stopping.signal.aborted) {
      await clock.sleep(TOPOLOGY_MS, stopping.signal)
      if (stopping.signal.aborted) return
      await lookAtTopic()
    }
  })()
  const committing = (async () => {
    while (!stopping.signal.aborted) {
      await clock.sleep(COMMIT_MS, stopping.signal)
      await commitOffsets()
    }
  })()

  return {
    failed,
    health: async () => {
      if (!assigned) return { kind: 'down', reason: 'no partitions assigned yet' }
      const [trouble] = [...troubles.entries(), ...waitingOf(owned)]
      return trouble ? { kind: 'down', reason: `partition ${trouble[0]}: ${trouble[1]}` } : { kind: 'ok' }
    },
    stop: async () => {
      stopping.abort()
      await settling
      const partitions = [...owned.values()]
      for (const own of partitions) own.stopped = true
      await Promise.all(partitions.map(own => own.partition?.stop()))
      await Promise.all(partitions.map(own => own.shard?.stop()))
      await commitOffsets()
      await Promise.all([committing, watchingTopic])
      await membership.stop()
    },
  }
}

/** What waits for the world: a full budget, a topic that takes nothing. A partition that is ahead of others is in order. */
const waitingOf = (owned: ReadonlyMap<number, Owned>): readonly (readonly [number, string])[] =>
  [...owned].flatMap(([partition, { pausedBy, shard }]) => {
    const trouble = shard?.trouble() ?? null
    return [
      ...(pausedBy === null || pausedBy === 'skew' ? [] : [[partition, `reading is paused: ${pausedBy}`] as const]),
      ...(trouble === null ? [] : [[partition, `shard ${partition}: ${trouble}`] as const]),
    ]
  })
