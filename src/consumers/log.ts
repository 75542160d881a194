import type { BatchFingerprint } from '../windows/store/batch-fingerprint.ts'
import type { RecordBlock } from './record-block.ts'

/** A partition of a topic. */
export type TopicPartition = Readonly<{ topic: string; partition: number }>

export type { BatchFingerprint }

/** One answer of a partition reader. `kind` says what the caller must do. */
export type Fetched =
  /** Records, in offset order; `nextOffset` is where reading goes on (control and aborted records are stepped over). */
  | Readonly<{
      kind: 'records'
      blocks: Iterable<RecordBlock>
      nextOffset: () => number
      /**
       * Records between the asked offset and `nextOffset` that carry no data: control records and those of aborted
       * transactions. Complete when `blocks` has been iterated.
       */
      steppedOver: () => number
      /** Of the last batch at or before the end of the last block handed over, for the restart point. */
      fingerprint: () => BatchFingerprint
      highWatermark: number
      /** Below the high watermark while a transaction is open. */
      lastStableOffset: number
    }>
  /** The asked offset is not in the log: `[lowOffset, highOffset)` is. Never resolved silently. */
  | Readonly<{ kind: 'out-of-range'; lowOffset: number; highOffset: number }>
  /** The world is slow or moved (leader moved, broker down): already retried and refreshed; the caller backs off. */
  | Readonly<{ kind: 'unavailable'; reason: string }>
  /** A batch whose CRC does not match its bytes: the log is damaged at this offset. */
  | Readonly<{ kind: 'corrupt'; offset: number; reason: string }>

/**
 * Reads one partition in offset order.
 *
 * Fetching ahead: one fetch is under way at most, but it may be asked for (at `nextOffset()`) before the blocks of the last
 * answer were folded. Who owns what: blocks are lent, bytes and index columns, until the iterator is asked for the next block,
 * and an answer's last block until the answer after next is iterated. Who keeps something copies it.
 *
 * Batches are decoded while `blocks` is iterated. One that turns out undecodable there ends the iteration early and takes
 * `nextOffset()` back to the first record that was not handed over: a caller that fetched ahead compares, drops the answer it
 * has under way, and fetches at `nextOffset()`, which answers `corrupt`.
 *
 * At the end of the log `fetch` waits for a while (a long poll), then answers `records` without blocks.
 */
export type PartitionReader = Readonly<{
  fetch(offset: number): Promise<Fetched>
  /** Of the batch that holds `offset`, to compare with a stored one; undefined when the log no longer or not yet has it. */
  fingerprintAt(offset: number): Promise<BatchFingerprint>
  /** First and one-past-last offset of the log now. */
  range(): Promise<Readonly<{ lowOffset: number; highOffset: number; lastStableOffset: number }>>
  /** The first offset whose record time is at or after `timeMs`; the log's end when there is none. */
  offsetAt(timeMs: number): Promise<number>
  close(): Promise<void>
}>

/** What a group has committed for a partition: the next offset to read, and a note of whoever committed it (empty: none). */
export type CommittedOffset = Readonly<{ offset: bigint; metadata: string }>

/**
 * `fetchMaxBytes`: of one answer, if that is less than what the log is configured for; a batch that is larger comes alone.
 * `keepsMemory`: false where memory must be free again once an answer was iterated, at the price of new memory for each. Blocks
 * are then lent no longer than that, and nothing is fetched ahead.
 */
export type ReaderOptions = Readonly<{ fetchMaxBytes?: number; keepsMemory?: boolean }>

/** Membership of a consumer group: who owns which partitions. Never fetches. */
export type Membership = Readonly<{
  /** Joins; `onAssigned` is called with the whole new assignment each time it changes, `onRevoking` when a rebalance begins. */
  start(
    listener: Readonly<{
      onAssigned(partitions: readonly number[], generation: number): void
      onRevoking(): void
      onCrash(error: Error): void
    }>,
  ): Promise<void>
  /** Resolves when a heartbeat that was sent after this call has succeeded in the current generation. */
  freshHeartbeat(): Promise<void>
  /**
   * The next offsets to read. To the monitor they are for lag tools only, its authority is the state store; to roles that
   * keep no state of their own (archive, notify) they are the position. Refused by the group (a zombie, a rebalance) -> throws.
   * `metadata` is kept beside each.
   */
  commitOffsets(offsets: ReadonlyMap<number, bigint>, metadata?: string): Promise<void>
  /** What the group has committed for these partitions; a partition without a commit is absent. */
  committed(partitions: readonly number[]): Promise<ReadonlyMap<number, CommittedOffset>>
  stop(): Promise<void>
}>

/** Who takes part in a group now, for people to read, and the partitions that it holds. */
export type GroupMember = Readonly<{ client: string; partitions: readonly number[] }>

/** Of a header; a header that occurs several times has an array of them. */
export type HeaderValue = string | Buffer

/** A record to append. */
export type OutgoingRecord = Readonly<{
  key: Buffer | string | null
  value: Buffer | null
  headers?: Readonly<Record<string, HeaderValue | readonly HeaderValue[]>>
  /** Default: by key, as Kafka's default partitioner does (murmur2). */
  partition?: number
  timestampMs?: number
}>

/** Appends records; resolves when all are acknowledged (acks=all, idempotent). */
export type LogWriter = Readonly<{
  append(topic: string, records: readonly OutgoingRecord[]): Promise<void>
  close(): Promise<void>
}>

/**
 * Appends within one transaction a call, under a transactional id: an older writer of the same id is refused by the log
 * (`fenced`), so it can never overwrite newer records in a compacted topic.
 */
export type FencedLogWriter = Readonly<{
  append(topic: string, records: readonly OutgoingRecord[]): Promise<Readonly<{ kind: 'ok' } | { kind: 'fenced' }>>
  close(): Promise<void>
}>

/** A topic as it should be; `ensureTopics` creates it when asked or says what differs. */
export type TopicSpec = Readonly<{
  name: string
  partitions: number
  replicationFactor?: number
  config: Readonly<Record<string, string>>
}>

/** The log port: Kafka, or its in-memory twin. */
export type Log = Readonly<{
  partitionCount(topic: string): Promise<number>
  /** Tells the topic from one of the same name that was deleted, which a partition's offsets do not. Null: this log gives no ids. */
  topicId(topic: string): Promise<string | null>
  reader(at: TopicPartition, options?: ReaderOptions): Promise<PartitionReader>
  membership(options: Readonly<{ groupId: string; topic: string; sessionTimeoutMs: number }>): Membership
  /** Without taking part. Throws when the log cannot be asked. */
  groupMembers(options: Readonly<{ groupId: string; topic: string }>): Promise<readonly GroupMember[]>
  writer(): Promise<LogWriter>
  fencedWriter(transactionalId: string): Promise<FencedLogWriter>
  ensureTopics(specs: readonly TopicSpec[], options: Readonly<{ create: boolean }>): Promise<readonly string[]>
  /** Throws nothing: the reason when the log cannot be reached now. */
  health(): Promise<Readonly<{ kind: 'ok' } | { kind: 'down'; reason: string }>>
  close(): Promise<void>
}>
