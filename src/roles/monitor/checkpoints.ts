import type { Logger } from 'pino'
import type { OutgoingRecord } from '../../consumers/log.ts'
import type { CheckpointPlan } from '../../windows/partition.ts'
import { type MonitorContext, OwnershipLost } from './context.ts'
import { untilAvailable } from './retry.ts'

/** Writes a partition's checkpoints, one at a time; each is repeated until the store has answered. */
export type Checkpoints = Readonly<{
  /** A checkpoint is under way. */
  busy(): boolean
  /** Starts one; the letters are in the log before the store has it. `done` runs once it has. */
  send(plan: CheckpointPlan, deadLetters: readonly OutgoingRecord[], done: () => void): Promise<void>
  /** The last one started has ended, well or badly. */
  settled(): Promise<void>
}>

export const createCheckpoints = (
  context: MonitorContext,
  options: Readonly<{ partition: number; token: string; commitId: string; logger: Logger; signal: AbortSignal }>,
): Checkpoints => {
  const { partition, token, logger, signal } = options
  const { clock, store, metrics, config } = context
  let previousCommitId = options.commitId
  let sequence = 0
  let underWay: Promise<void> | null = null

  const write = async (plan: CheckpointPlan, deadLetters: readonly OutgoingRecord[], done: () => void): Promise<void> => {
    const waiting = { clock, logger, signal }
    if (deadLetters.length > 0) {
      const append = (): Promise<void> => context.writer.append(config.kafka.topics.deadLetters, deadLetters)
      await untilAvailable(append, { ...waiting, what: `dead letters of partition ${partition}`, isTransient: () => true })
    }
    const commitId = `${token}:${++sequence}`
    const command = { token, previousCommitId, commitId, meta: plan.meta, sets: plan.sets, deletes: plan.deletes }
    const startedMs = clock.now()
    const reply = await untilAvailable(() => store.partitions.checkpoint(partition, command), {
      ...waiting,
      what: `checkpoint of partition ${partition}`,
    })
    metrics.process.checkpoint(reply.kind, clock.now() - startedMs)
    switch (reply.kind) {
      case 'ok':
      case 'duplicate':
        previousCommitId = commitId
        done()
        return
      case 'fenced':
      case 'mismatch':
        throw new OwnershipLost(reply.kind, `partition ${partition}`)
    }
  }

  return {
    busy: () => underWay !== null,
    send: (plan, deadLetters, done) => {
      if (underWay) throw new Error('a checkpoint is under way')
      const writing = write(plan, deadLetters, done).finally(() => {
        underWay = null
      })
      underWay = writing
      return writing
    },
    settled: async () => {
      await underWay?.catch(() => {})
    },
  }
}
