import type { BatchFingerprint } from './batch-fingerprint.ts'

/**
 * The state store: what a partition and a shard keep, and the fenced calls that write it. Redis, or its in-memory twin; both
 * pass test/windows/store/store-contract.ts. The unit of atomicity is one partition or one shard.
 *
 * Every writing call carries a token (who owns this now) and the id of the commit it builds on: stored commit is this one ->
 * `duplicate`; token not mine -> `fenced`; stored commit is not the previous one -> `mismatch` (the store lost writes: reload).
 */
export type FenceReply = Readonly<{ kind: 'ok' } | { kind: 'duplicate' } | { kind: 'fenced' } | { kind: 'mismatch' }>

/** Where a partition's reader starts over: an epoch boundary. Times are NO_TIME_MS (finite, see time.ts) before the first event. */
export type RestartPoint = Readonly<{
  /** The next offset to read. */
  offset: bigint
  watermarkMs: number
  /** Largest event time seen. */
  maxTimeMs: number
  fingerprint: BatchFingerprint
  ledger: Ledger
  /** Admitted series vocabulary, in order of admission (see vocabulary.ts). */
  vocabulary: readonly string[]
  /** Time of an end marker after which nothing came: windows that begin later are not empty, they are not there. */
  endedMs?: number
}>

/** Events read = inWindows + tooLate + deadLettered + skipped, at every restart point. */
export type Ledger = Readonly<{
  read: number
  /** Folded into panes; `late` of them into late parts. */
  inWindows: number
  late: number
  tooLate: number
  deadLettered: number
  /** Markers, tombstones, and events of models that nothing watches. */
  skipped: number
}>

export type PartitionMeta = Readonly<{
  restart: RestartPoint
  /** Frozen parts of panes are in the store up to here: on-time parts whose pane ends at or before, late parts likewise. */
  closedThroughMs: number
  /** Panes that nothing due after this needs may have been deleted: a shard never fires again what was due at or before it. */
  deletedThroughMs: number
  /** Caught up and silent: the owner raises the watermark by itself. Idle partitions never hold each other back. */
  idle: boolean
  /** As of this checkpoint everything in the log was read. */
  caughtUp: boolean
  /** Where events are missing, by rising start. */
  gaps: readonly Gap[]
  usage: PaneUsage
}>

/** What others see of a partition: everything but the vocabulary, which may be long and is its owner's alone. */
export type PartitionProgress = Omit<PartitionMeta, 'restart'> & Readonly<{ restart: Omit<RestartPoint, 'vocabulary'> }>

/**
 * Event times between which events left the log unread (retention, lost state): windows that touch them are incomplete.
 * `toMs` is null until something that came after them was read.
 */
export type Gap = Readonly<{ fromMs: number; toMs: number | null }>

/** Parts of panes (one series each) that a partition holds in memory and in the store, and their bytes. */
export type PaneUsage = Readonly<{ openPanes: number; openBytes: number; storedPanes: number; storedBytes: number }>

/** A pane of one class (width), for one shard, of one partition. */
export type PaneKey = Readonly<{ startMs: number; widthMs: number; shard: number }>

/** One series' part of a pane, encoded (codec.ts): asOf, on-time cells, late cells. */
export type PaneEntry = Readonly<{ key: PaneKey; series: string; bytes: Uint8Array }>

export type Claimed<M> = Readonly<{ epoch: number; commitId: string; meta: M | null }>

export type CheckpointCommand = Readonly<{
  token: string
  previousCommitId: string
  commitId: string
  meta: PartitionMeta
  sets: readonly PaneEntry[]
  deletes: readonly PaneKey[]
}>

/** The panes and progress of input partitions: `{tidemark:<ns>:in:<topic>:<p>}`. */
export type PartitionStore = Readonly<{
  /** Takes the partition: raises its epoch, sets the token. What was stored comes back; `commitId` is '' at first. */
  claim(partition: number, token: string): Promise<Claimed<PartitionMeta>>
  /** Keys of all stored panes of the partition, in order of start, width, shard. */
  paneKeys(partition: number): Promise<readonly PaneKey[]>
  /** Stored entries of these panes, in pages. */
  readPanes(partition: number, keys: readonly PaneKey[]): Promise<readonly PaneEntry[]>
  /**
   * Sets entries, deletes panes and moves the meta, at once as far as a reader of `meta` can tell: sets larger than about 1 MB
   * go in several calls, of which the last moves the meta and the commit id.
   */
  checkpoint(partition: number, command: CheckpointCommand): Promise<FenceReply>
  /** Progress of every partition, for firing and for idleness; null where no checkpoint was ever written. */
  progress(partitionCount: number): Promise<readonly (PartitionProgress | null)[]>
  /** Keys of a shard's stored panes of one partition with `afterMs < end <= throughMs`. */
  shardPaneKeys(partition: number, shard: number, afterMs: number, throughMs: number): Promise<readonly PaneKey[]>
}>

/** What a shard carries from firing to firing. */
export type ShardMeta = Readonly<{
  /** Everything that was due (windows' ends; ends + lateness for revision 1) at or before this was fired. */
  firedThroughMs: number
  /** JSON: series registry and counters that survive moves (see shard.ts). */
  registry: string
}>

export type FireCommand = Readonly<{
  token: string
  previousCommitId: string
  commitId: string
  meta: ShardMeta
  /** Fingerprint to rule state (JSON), or null to forget it. */
  rules: ReadonlyMap<string, string | null>
  /** Alerts (JSON) that the relay must publish, by alert id, in order. */
  outbox: readonly Readonly<{ id: string; alert: string }>[]
}>

/** The state of shards: `{tidemark:<ns>:fire:<s>}`. */
export type ShardStore = Readonly<{
  claim(shard: number, token: string): Promise<Claimed<ShardMeta>>
  rules(shard: number): Promise<ReadonlyMap<string, string>>
  fire(shard: number, command: FireCommand): Promise<FenceReply>
  /** Unpublished alerts, oldest first. */
  outbox(shard: number, limit: number): Promise<readonly Readonly<{ id: string; alert: string }>[]>
  /** Removes published alerts; fenced like every write. */
  trimOutbox(shard: number, token: string, ids: readonly string[]): Promise<FenceReply>
  /** `firedThroughMs` of every shard; null where nothing was ever fired. */
  firedThrough(shardCount: number): Promise<readonly (number | null)[]>
  /** Resolves once as many replicas as the store was opened with have everything that this handle wrote to the shard. */
  replicated(shard: number): Promise<void>
}>

/** What all processes of a namespace must agree on: `{tidemark:<ns>}:cfg`. */
export type ClusterFacts = Readonly<{
  topic: string
  /** The topic's partitions at the very first start: models stay with their shards when it grows. */
  shardCount: number
  codecVersion: number
  /** Bounds of time that decide what is late, as text. */
  time: string
  /** Model to everything that decides what its panes hold and which windows there are, as text. */
  models: Readonly<Record<string, string>>
  /** Model to the first window start that the present facts speak of; earlier windows are not fired (see migrate). */
  sinceMs: Readonly<Record<string, number>>
}>

/** Policies by version, and the one that the last process to start brought. */
export type PolicyStore = Readonly<{
  /** Keeps the policy for ever, and makes it the current one. */
  publish(version: string, policy: string): Promise<void>
  current(): Promise<string | null>
  find(version: string): Promise<string | null>
}>

/** Who owns a unit now: the token of its last claim, and how many claims there were. */
export type Owner = Readonly<{ token: string; epoch: number }>

/** A shard as it is stored; `rules` are remembered fingerprints, `outbox` alerts that the log has not acknowledged. */
export type ShardView = Readonly<{ owner: Owner | null; meta: ShardMeta | null; rules: number; outbox: number }>

/** For people who look: it claims and writes nothing. */
export type Inspection = Readonly<{
  /** By partition; null where it was never claimed. */
  partitionOwners(partitionCount: number): Promise<readonly (Owner | null)[]>
  shards(shardCount: number): Promise<readonly ShardView[]>
}>

export type StateStore = Readonly<{
  partitions: PartitionStore
  shards: ShardStore
  /** Writes the facts when there are none; else returns what is stored, for the caller to compare. */
  agree(facts: ClusterFacts): Promise<ClusterFacts>
  /** Replaces the facts, whatever they were: see migrate. */
  replaceFacts(facts: ClusterFacts): Promise<void>
  facts(): Promise<ClusterFacts | null>
  policies: PolicyStore
  inspection: Inspection
  /** Partitions that were ever initialised (a first checkpoint was written): what recognises a wiped store. */
  initialised(): Promise<ReadonlySet<number>>
  health(): Promise<Readonly<{ kind: 'ok' } | { kind: 'down'; reason: string }>>
  close(): Promise<void>
}>
