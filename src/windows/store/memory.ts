import { type Fence, type Judge, judge, UNCLAIMED } from './fence.ts'
import type {
  Claimed,
  ClusterFacts,
  FenceReply,
  Owner,
  PaneEntry,
  PaneKey,
  PartitionMeta,
  PartitionProgress,
  ShardMeta,
  StateStore,
} from './port.ts'

type StoredPane = { readonly key: PaneKey; readonly entries: Map<string, Uint8Array> }

type Partition = { fence: Fence; meta: PartitionMeta | null; readonly panes: Map<string, StoredPane> }

type Shard = { fence: Fence; meta: ShardMeta | null; readonly rules: Map<string, string>; readonly outbox: Map<string, string> }

type Contents = {
  readonly partitions: Map<number, Partition>
  readonly shards: Map<number, Shard>
  readonly initialised: Set<number>
  readonly policies: Map<string, string>
  facts: ClusterFacts | null
  policy: string | null
}

/** Everything stored at one moment; opaque. */
export type StoreSnapshot = Readonly<{ contents: Contents }>

/** What is kept or lost together: `in:<partition>`, `fire:<shard>` or `cfg`, as the key names of Redis say. */
export type StoreUnit = string

/** The store in memory: for tests, the simulation, `demo` and `replay`. Several processes share one. */
export type MemoryStore = StateStore &
  Readonly<{
    snapshot(): StoreSnapshot
    /** As a failover that lost all later writes; of the given units only (one node of a cluster), if given. */
    restore(snapshot: StoreSnapshot, lost?: (unit: StoreUnit) => boolean): void
  }>

/** Each call happens at once, between two awaits of whoever calls. Stored bytes and metas are never changed, only replaced. */
export const createMemoryStore = (options: Readonly<{ judge?: Judge }> = {}): MemoryStore => {
  const decide = options.judge ?? judge
  const contents: Contents = {
    partitions: new Map(),
    shards: new Map(),
    initialised: new Set(),
    policies: new Map(),
    facts: null,
    policy: null,
  }
  const { partitions, shards, initialised } = contents

  const partitionOf = (p: number): Partition =>
    getOrAdd(partitions, p, () => ({ fence: UNCLAIMED, meta: null, panes: new Map() }))
  const shardOf = (s: number): Shard =>
    getOrAdd(shards, s, () => ({ fence: UNCLAIMED, meta: null, rules: new Map(), outbox: new Map() }))

  return {
    partitions: {
      claim: async (p, token) => claimed(partitionOf(p), token),
      paneKeys: async p => keysOf(partitionOf(p), () => true),
      readPanes: async (p, keys) => {
        const { panes } = partitionOf(p)
        return keys.flatMap(key => entriesOf(panes.get(idOf(key))))
      },
      checkpoint: async (p, command) => {
        const stored = partitionOf(p)
        const kind = decide(stored.fence, command)
        if (kind !== 'ok') return reply(kind)
        for (const { key, series, bytes } of command.sets) {
          const pane = getOrAdd(stored.panes, idOf(key), () => ({ key: { ...key }, entries: new Map() }))
          pane.entries.set(series, bytes.slice())
        }
        for (const key of command.deletes) stored.panes.delete(idOf(key))
        stored.meta = copyOf(command.meta)
        stored.fence = { ...stored.fence, commitId: command.commitId }
        initialised.add(p)
        return reply('ok')
      },
      progress: async count => Array.from({ length: count }, (_, p) => progressOf(partitionOf(p).meta)),
      shardPaneKeys: async (p, shard, afterMs, throughMs) =>
        keysOf(partitionOf(p), key => key.shard === shard && endOf(key) > afterMs && endOf(key) <= throughMs),
    },
    shards: {
      claim: async (s, token) => claimed(shardOf(s), token),
      rules: async s => new Map(shardOf(s).rules),
      fire: async (s, command) => {
        const stored = shardOf(s)
        const kind = decide(stored.fence, command)
        if (kind !== 'ok') return reply(kind)
        for (const [fingerprint, state] of command.rules) {
          if (state === null) stored.rules.delete(fingerprint)
          else stored.rules.set(fingerprint, state)
        }
        for (const { id, alert } of command.outbox) stored.outbox.set(id, alert)
        stored.meta = { ...command.meta }
        stored.fence = { ...stored.fence, commitId: command.commitId }
        return reply('ok')
      },
      outbox: async (s, limit) => [...shardOf(s).outbox].slice(0, limit).map(([id, alert]) => ({ id, alert })),
      trimOutbox: async (s, token, ids) => {
        const stored = shardOf(s)
        if (stored.fence.token !== token) return reply('fenced')
        for (const id of ids) stored.outbox.delete(id)
        return reply('ok')
      },
      firedThrough: async count => Array.from({ length: count }, (_, s) => shardOf(s).meta?.firedThroughMs ?? null),
      replicated: async () => {},
    },
    agree: async proposed => {
      contents.facts ??= structuredClone(proposed)
      return contents.facts
    },
    replaceFacts: async facts => {
      contents.facts = structuredClone(facts)
    },
    facts: async () => contents.facts,
    policies: {
      publish: async (version, policy) => {
        contents.policies.set(version, policy)
        contents.policy = version
      },
      current: async () => contents.policy,
      find: async version => contents.policies.get(version) ?? null,
    },
    inspection: {
      partitionOwners: async count => Array.from({ length: count }, (_, p) => ownerOf(partitions.get(p)?.fence)),
      shards: async count =>
        Array.from({ length: count }, (_, s) => {
          const { fence, meta, rules, outbox } = shardOf(s)
          return { owner: ownerOf(fence), meta, rules: rules.size, outbox: outbox.size }
        }),
    },
    initialised: async () => new Set(initialised),
    health: async () => ({ kind: 'ok' }),
    close: async () => {},
    snapshot: () => ({ contents: copyContents(contents) }),
    restore: (snapshot, lost = () => true) => {
      const earlier = copyContents(snapshot.contents)
      rollBack(partitions, earlier.partitions, p => lost(`in:${p}`))
      rollBack(shards, earlier.shards, s => lost(`fire:${s}`))
      if (!lost('cfg')) return
      contents.facts = earlier.facts
      contents.policy = earlier.policy
      contents.policies.clear()
      for (const [version, policy] of earlier.policies) contents.policies.set(version, policy)
      initialised.clear()
      for (const p of earlier.initialised) initialised.add(p)
    },
  }
}

const getOrAdd = <K, V>(map: Map<K, V>, key: K, create: () => V): V => {
  const found = map.get(key)
  if (found !== undefined) return found
  const created = create()
  map.set(key, created)
  return created
}

const claimed = <M>(stored: { fence: Fence; readonly meta: M | null }, token: string): Claimed<M> => {
  stored.fence = { ...stored.fence, token, epoch: stored.fence.epoch + 1 }
  return { epoch: stored.fence.epoch, commitId: stored.fence.commitId, meta: stored.meta }
}

const ownerOf = (fence: Fence | undefined): Owner | null =>
  fence === undefined || fence.token === '' ? null : { token: fence.token, epoch: fence.epoch }

const reply = (kind: FenceReply['kind']): FenceReply => ({ kind })

const idOf = (key: PaneKey): string => `${key.startMs}:${key.widthMs}:${key.shard}`
const endOf = (key: PaneKey): number => key.startMs + key.widthMs

const keysOf = ({ panes }: Partition, wanted: (key: PaneKey) => boolean): readonly PaneKey[] =>
  Array.from(panes.values(), pane => pane.key)
    .filter(wanted)
    .sort((a, b) => a.startMs - b.startMs || a.widthMs - b.widthMs || a.shard - b.shard)

const entriesOf = (pane: StoredPane | undefined): PaneEntry[] =>
  pane === undefined ? [] : Array.from(pane.entries, ([series, bytes]) => ({ key: pane.key, series, bytes: bytes.slice() }))

/** The caller goes on counting in its own ledger and vocabulary. */
const copyOf = (meta: PartitionMeta): PartitionMeta => ({
  ...meta,
  restart: { ...meta.restart, ledger: { ...meta.restart.ledger }, vocabulary: [...meta.restart.vocabulary] },
  gaps: [...meta.gaps],
})

const progressOf = (meta: PartitionMeta | null): PartitionProgress | null => {
  if (meta === null) return null
  const { vocabulary: _, ...restart } = meta.restart
  return { ...meta, restart }
}

const mapValues = <K, V>(map: ReadonlyMap<K, V>, copy: (value: V) => V): Map<K, V> =>
  new Map(Array.from(map, ([key, value]) => [key, copy(value)]))

const copyContents = ({ partitions, shards, initialised, policies, facts, policy }: Contents): Contents => ({
  partitions: mapValues(partitions, p => ({
    ...p,
    panes: mapValues(p.panes, pane => ({ ...pane, entries: new Map(pane.entries) })),
  })),
  shards: mapValues(shards, s => ({ ...s, rules: new Map(s.rules), outbox: new Map(s.outbox) })),
  initialised: new Set(initialised),
  policies: new Map(policies),
  facts,
  policy,
})

const rollBack = <T>(current: Map<number, T>, earlier: ReadonlyMap<number, T>, lost: (unit: number) => boolean): void => {
  for (const unit of [...current.keys()]) if (lost(unit)) current.delete(unit)
  for (const [unit, state] of earlier) if (lost(unit)) current.set(unit, state)
}
