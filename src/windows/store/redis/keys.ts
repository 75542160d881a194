import type { PaneKey } from '../port.ts'

/** Names of all keys of a namespace and its input topic; the braces are the hash tag: what is within lives on one node. */
export type Keys = Readonly<{
  cfg: string
  partition(partition: number): PartitionKeys
  shard(shard: number): ShardKeys
}>

export type PartitionKeys = Readonly<{
  meta: string
  /** Shards that ever had panes here (set). */
  shards: string
  /** Panes of a shard that exist (zset: member by end). */
  index(shard: number): string
  pane(key: PaneKey): string
}>

export type ShardKeys = Readonly<{ meta: string; rules: string; outbox: string; order: string }>

export const keysFor = (namespace: string, topic: string): Keys => {
  if (/[{}]/.test(namespace + topic)) {
    throw new Error(`namespace "${namespace}" and topic "${topic}" are parts of keys in Redis: they may not contain { or }`)
  }
  return {
    cfg: `{tidemark:${namespace}}:cfg`,
    partition: partition => {
      const unit = `{tidemark:${namespace}:in:${topic}:${partition}}`
      return {
        meta: `${unit}:meta`,
        shards: `${unit}:shards`,
        index: shard => `${unit}:panes:${shard}`,
        pane: ({ startMs, widthMs, shard }) => `${unit}:pane:${startMs}:${widthMs}:${shard}`,
      }
    },
    shard: shard => {
      const unit = `{tidemark:${namespace}:fire:${shard}}`
      return { meta: `${unit}:meta`, rules: `${unit}:rules`, outbox: `${unit}:outbox`, order: `${unit}:outbox:order` }
    },
  }
}

/** A pane in the index of its shard. */
export const memberOf = ({ startMs, widthMs }: PaneKey): string => `${startMs}:${widthMs}`

export const paneOfMember = (member: string, shard: number): PaneKey => {
  const [startMs, widthMs] = member.split(':')
  return { startMs: Number(startMs), widthMs: Number(widthMs), shard }
}
