import type { Consumer, Kafka } from 'kafkajs'
import type { Membership } from '../log.ts'
import { sentenceOf } from './errors.ts'
import { KafkaJSNonRetriableError, PartitionAssigners } from './kafkajs-internals.ts'
import { stickyAssigner } from './sticky-assigner.ts'

export type MembershipOptions = Readonly<{ groupId: string; topic: string; sessionTimeoutMs: number }>

/** How often the group is told that the member lives, and a rebalance is noticed. */
const HEARTBEATS_PER_SESSION = 10
/** kafkajs looks for new partitions of the topic so often; a member that finds some joins anew. */
const METADATA_MAX_AGE_MS = 5_000
/** Of one trouble, before kafkajs starts the consumer anew: some seconds. */
const RETRIES = 5

type Listener = Parameters<Membership['start']>[0]
type Waiting = { heartbeats: number; readonly resolve: () => void; readonly reject: (error: Error) => void }

/**
 * A kafkajs consumer whose topic is paused for ever: it joins, heartbeats and rebalances, and never fetches. (On a live 4.1
 * broker a rebalance of such members took 15 ms.)
 *
 * joining -> GROUP_JOIN: assigned -> REBALANCING: onRevoking, joining again. A member that the group gave up is told nothing;
 * its next heartbeat is refused, and it joins anew: GROUP_JOIN without REBALANCING before it. A crash that kafkajs gets over by
 * itself is a rebalance to the listener; any other is `onCrash`.
 */
export const createMembership = (client: Kafka, { groupId, topic, sessionTimeoutMs }: MembershipOptions): Membership => {
  const heartbeatInterval = Math.max(50, Math.floor(sessionTimeoutMs / HEARTBEATS_PER_SESSION))
  let consumer: Consumer | undefined
  let isAssigned = false
  let assignment = 0
  /** Assigned partitions, with the moment at which they came. Kept while the group rebalances: it is what is told to it. */
  let held: ReadonlyMap<number, number> = new Map()
  let waiting: readonly Waiting[] = []
  let giveUpJoining = (_error: Error): void => {}

  const failWaiting = (error: Error): void => {
    const failed = waiting
    waiting = []
    for (const { reject } of failed) reject(error)
  }

  /** Of heartbeats under way at the time of the call the first may be one; the second was sent after it. */
  const onHeartbeat = (): void => {
    const before = waiting
    waiting = before.filter(one => one.heartbeats + 1 < 2)
    for (const one of before) {
      one.heartbeats++
      if (one.heartbeats === 2) one.resolve()
    }
  }

  const listen = (member: Consumer, listener: Listener): Promise<void> =>
    new Promise((resolve, reject) => {
      giveUpJoining = reject
      const tell = (call: () => void): void => {
        try {
          call()
        } catch (error) {
          listener.onCrash(error instanceof Error ? error : new Error(String(error)))
        }
      }
      const hasLeft = () => consumer !== member
      member.on(member.events.GROUP_JOIN, ({ payload }) => {
        if (hasLeft()) return
        member.pause([{ topic }])
        isAssigned = true
        assignment++
        const partitions = [...(payload.memberAssignment[topic] ?? [])].sort((a, b) => a - b)
        const nowMs = Date.now()
        held = new Map(partitions.map(partition => [partition, held.get(partition) ?? nowMs]))
        tell(() => listener.onAssigned(partitions, assignment))
        resolve()
      })
      const revoke = (): void => {
        const wasAssigned = isAssigned
        isAssigned = false
        if (wasAssigned && !hasLeft()) tell(() => listener.onRevoking())
      }
      member.on(member.events.REBALANCING, revoke)
      member.on(member.events.HEARTBEAT, onHeartbeat)
      member.on(member.events.CRASH, ({ payload: { error, restart } }) => {
        revoke()
        if (restart || hasLeft()) return
        failWaiting(error)
        if (assignment === 0) reject(error)
        else listener.onCrash(error)
      })
    })

  const running = (): Consumer => {
    if (consumer === undefined) throw new Error(`not a member of group ${groupId}: start() first`)
    return consumer
  }

  return {
    async start(listener) {
      if (consumer !== undefined) throw new Error(`already a member of group ${groupId}`)
      const member = client.consumer({
        groupId,
        sessionTimeout: sessionTimeoutMs,
        heartbeatInterval,
        maxWaitTimeInMs: Math.ceil(heartbeatInterval / 2),
        metadataMaxAge: METADATA_MAX_AGE_MS,
        allowAutoTopicCreation: false,
        // the second for a group whose other members do not know the first
        partitionAssigners: [stickyAssigner(topic, () => held), PartitionAssigners.roundRobin],
        // left to itself, kafkajs also restarts a consumer that was stopped while it crashed
        retry: { retries: RETRIES, restartOnFailure: async () => consumer === member },
      })
      consumer = member
      held = new Map()
      const joined = listen(member, listener)
      joined.catch(() => {})
      try {
        await member.connect()
        await member.subscribe({ topics: [topic] })
        await member.run({ autoCommit: false, eachBatch: neverFetched })
        await joined
      } catch (error) {
        consumer = undefined
        await member.disconnect().catch(() => {})
        throw new Error(`cannot join group ${groupId}: ${sentenceOf(error)}`, { cause: error })
      }
    },
    async freshHeartbeat() {
      running()
      await new Promise<void>((resolve, reject) => {
        waiting = [...waiting, { heartbeats: 0, resolve, reject }]
      })
    },
    async commitOffsets(offsets, metadata = '') {
      const member = running()
      if (!isAssigned) throw new Error(`group ${groupId} is rebalancing: offsets cannot be committed`)
      await member.commitOffsets(
        [...offsets].map(([partition, offset]) => ({ topic, partition, offset: String(offset), metadata })),
      )
    },
    async committed(partitions) {
      const admin = client.admin()
      await admin.connect()
      try {
        const [found] = await admin.fetchOffsets({ groupId, topics: [topic] })
        const wanted = (found?.partitions ?? []).filter(
          ({ partition, offset }) => partitions.includes(partition) && !offset.startsWith('-'),
        )
        return new Map(
          wanted.map(({ partition, offset, metadata }) => [partition, { offset: BigInt(offset), metadata: metadata ?? '' }]),
        )
      } finally {
        await admin.disconnect()
      }
    },
    async stop() {
      const member = consumer
      consumer = undefined
      isAssigned = false
      const left = new Error(`left group ${groupId}`)
      failWaiting(left)
      giveUpJoining(left)
      await member?.disconnect()
    },
  }
}

const neverFetched = async (): Promise<void> => {
  throw new KafkaJSNonRetriableError('a paused consumer has fetched: records are read by the partition readers alone')
}
