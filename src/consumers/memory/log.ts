import { randomUUID } from 'node:crypto'
import { encodeHeaders } from '../headers.ts'
import type { FencedLogWriter, Log, LogWriter, Membership, OutgoingRecord, TopicPartition } from '../log.ts'
import { partitionOfKey } from '../murmur2.ts'
import { topicProblems } from '../topic-check.ts'
import { createMemoryGroup, type MemoryGroup } from './group.ts'
import { createMemoryPartition, type MemoryPartition } from './partition.ts'
import { createMemoryReader, type MemoryReader } from './reader.ts'

export type MemoryLogOptions = Readonly<{
  /** Time of records without one of their own, ms since the epoch. */
  clock: () => number
  /** Bytes of one fetch; one record is handed over however large. Default 1 MiB. */
  fetchMaxBytes?: number
  /**
   * How long, in real time, a fetch at the end of the log waits. Default null, for virtual clocks: no timer is ever set, and
   * such a fetch waits for records, `wake` or `close`.
   */
  maxWaitMs?: number | null
  /** Runs what a real client would learn later (group events, heartbeats); a simulation may reorder. Default: microtasks. */
  defer?: (task: () => void) => void
}>

/**
 * The in-memory twin of the log: part of the product (demo, replay, check) and of the tests. Closing a client closes what it
 * opened; topics, groups and fences live as long as anyone refers to them.
 */
export type MemoryLog = Log &
  Readonly<{
    /** Another process on the same topics. */
    client(): Log
    /** Answers all waiting fetches without records: call it when a virtual clock has moved. */
    wake(): void
    /** The group gives the member up without telling it, as after a session timeout. */
    evict(membership: Membership): void
    /** Retention: the partition now begins at `beforeOffset`. */
    deleteRecords(at: TopicPartition, beforeOffset: number): void
    /** The topic grows to `partitionCount`; its groups rebalance, as they do on Kafka once a member has looked at the topic. */
    addPartitions(name: string, partitionCount: number): void
    /** Readers find nothing, until the topic is made again: then they read that one. Groups keep their offsets. */
    deleteTopic(name: string): void
  }>

type Topic = Readonly<{
  id: string
  partitions: readonly MemoryPartition[]
  config: Readonly<Record<string, string>>
  appendTime: boolean
}>

/** `keyless` counts records without key, which go to the partitions in turn. */
type Shared = {
  readonly topics: Map<string, Topic>
  readonly groups: Map<string, MemoryGroup>
  readonly epochs: Map<string, number>
  readonly readers: Set<MemoryReader>
  keyless: number
}

const DEFAULT_FETCH_BYTES = 1024 * 1024
const DEFAULT_CONFIG: Readonly<Record<string, string>> = {
  'cleanup.policy': 'delete',
  'message.timestamp.type': 'CreateTime',
}

export const createMemoryLog = (options: MemoryLogOptions): MemoryLog => {
  const shared: Shared = { topics: new Map(), groups: new Map(), epochs: new Map(), readers: new Set(), keyless: 0 }
  return {
    ...createClient(shared, options),
    client: () => createClient(shared, options),
    wake() {
      for (const reader of shared.readers) reader.wake()
    },
    evict(membership) {
      for (const group of shared.groups.values()) group.evict(membership)
    },
    deleteRecords: (at, beforeOffset) => partitionAt(shared, at).deleteBefore(beforeOffset),
    addPartitions(name, partitionCount) {
      const topic = topicNamed(shared, name)
      const more = Array.from({ length: partitionCount - topic.partitions.length }, () => createMemoryPartition())
      shared.topics.set(name, { ...topic, partitions: [...topic.partitions, ...more] })
      for (const [key, group] of shared.groups) if (topicOfGroup(key) === name) group.topicGrew()
    },
    deleteTopic(name) {
      const { partitions } = topicNamed(shared, name)
      shared.topics.delete(name)
      for (const partition of partitions) partition.announce()
    },
  }
}

const groupKey = (groupId: string, topic: string): string => `${groupId}\n${topic}`
const topicOfGroup = (key: string): string => key.slice(key.indexOf('\n') + 1)

const topicNamed = (shared: Shared, name: string): Topic => {
  const topic = shared.topics.get(name)
  if (topic === undefined) throw new Error(`topic ${name} does not exist`)
  return topic
}

const partitionAt = (shared: Shared, { topic, partition }: TopicPartition): MemoryPartition => {
  const { partitions } = topicNamed(shared, topic)
  const found = partitions[partition]
  if (found === undefined) throw new Error(`topic ${topic} has ${partitions.length} partitions, no partition ${partition}`)
  return found
}

const appendAll = (shared: Shared, options: MemoryLogOptions, name: string, records: readonly OutgoingRecord[]): void => {
  const topic = topicNamed(shared, name)
  const touched = new Set<MemoryPartition>()
  for (const record of records) {
    const key = typeof record.key === 'string' ? Buffer.from(record.key) : record.key
    const index =
      record.partition ??
      (key === null ? shared.keyless++ % topic.partitions.length : partitionOfKey(key, topic.partitions.length))
    const partition = topic.partitions[index]
    if (partition === undefined) throw new Error(`topic ${name} has ${topic.partitions.length} partitions, no partition ${index}`)
    const timestampMs = topic.appendTime ? options.clock() : (record.timestampMs ?? options.clock())
    partition.append(key, record.value, encodeHeaders(record.headers), timestampMs)
    touched.add(partition)
  }
  for (const partition of touched) partition.announce()
}

const createClient = (shared: Shared, options: MemoryLogOptions): Log => {
  const defer = options.defer ?? queueMicrotask
  const readerOptions = { fetchMaxBytes: options.fetchMaxBytes ?? DEFAULT_FETCH_BYTES, maxWaitMs: options.maxWaitMs ?? null }
  const opened = new Set<() => Promise<void>>()

  const writer = (): LogWriter => ({
    append: async (topic, records) => appendAll(shared, options, topic, records),
    close: async () => {},
  })

  const fencedWriter = (transactionalId: string): FencedLogWriter => {
    const epoch = (shared.epochs.get(transactionalId) ?? 0) + 1
    shared.epochs.set(transactionalId, epoch)
    return {
      append: async (topic, records) => {
        if (shared.epochs.get(transactionalId) !== epoch) return { kind: 'fenced' }
        appendAll(shared, options, topic, records)
        return { kind: 'ok' }
      },
      close: async () => {},
    }
  }

  return {
    partitionCount: async topic => topicNamed(shared, topic).partitions.length,
    topicId: async topic => topicNamed(shared, topic).id,
    reader: async (at, { fetchMaxBytes = Number.POSITIVE_INFINITY } = {}) => {
      partitionAt(shared, at)
      const own = { fetchMaxBytes: Math.min(fetchMaxBytes, readerOptions.fetchMaxBytes) }
      const inner = createMemoryReader(() => partitionAt(shared, at), { ...readerOptions, ...own })
      const close = async () => {
        shared.readers.delete(inner)
        opened.delete(close)
        await inner.close()
      }
      shared.readers.add(inner)
      opened.add(close)
      return { ...inner, close }
    },
    membership: ({ groupId, topic }) => {
      const name = groupKey(groupId, topic)
      const group =
        shared.groups.get(name) ?? createMemoryGroup(groupId, () => topicNamed(shared, topic).partitions.length, defer)
      shared.groups.set(name, group)
      const membership = group.membership()
      opened.add(membership.stop)
      return membership
    },
    groupMembers: async ({ groupId, topic }) => shared.groups.get(groupKey(groupId, topic))?.members() ?? [],
    writer: async () => writer(),
    fencedWriter: async transactionalId => fencedWriter(transactionalId),
    ensureTopics: async (specs, { create }) => {
      const problems: string[] = []
      for (const spec of specs) {
        if (create && !shared.topics.has(spec.name)) {
          const config = { ...DEFAULT_CONFIG, ...spec.config }
          const partitions = Array.from({ length: spec.partitions }, () => createMemoryPartition())
          const appendTime = config['message.timestamp.type'] === 'LogAppendTime'
          shared.topics.set(spec.name, { id: randomUUID().slice(0, 8), partitions, config, appendTime })
        }
        const topic = shared.topics.get(spec.name)
        problems.push(...topicProblems(spec, topic && { partitions: topic.partitions.length, config: topic.config }, 'memory'))
      }
      return problems
    },
    health: async () => ({ kind: 'ok' }),
    close: async () => {
      for (const close of [...opened]) await close()
      opened.clear()
    },
  }
}
