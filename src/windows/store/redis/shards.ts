import type { FenceReply, FireCommand, ShardStore } from '../port.ts'
import { StoreUnavailable } from '../unavailable.ts'
import type { Client } from './client.ts'
import type { Keys, ShardKeys } from './keys.ts'
import { SHARD_FIELDS, shardFields, shardMeta } from './meta.ts'
import { claimedReply, fenceReply, untilRefused } from './replies.ts'
import { readHash } from './scan.ts'
import type { CallScript } from './scripts.ts'
import { splitByCount, splitBySize, stageOf } from './split.ts'

const MAX_IDS = 1_000

export const createShardStore = (
  client: Client,
  call: CallScript,
  keys: Keys,
  { maxCallBytes, waitReplicas }: Readonly<{ maxCallBytes: number; waitReplicas: number }>,
): ShardStore => {
  const { ask } = client
  return {
    claim: async (shard, token) =>
      claimedReply(await call('claim', [keys.shard(shard).meta], [token, ...SHARD_FIELDS]), shardMeta),
    rules: async shard => {
      const states = await readHash(client, keys.shard(shard).rules)
      return new Map(Array.from(states, ([fingerprint, state]) => [fingerprint, state.toString()]))
    },
    fire: (shard, command) => untilRefused(writes(call, keys.shard(shard), command, maxCallBytes)),
    outbox: async (shard, limit) => {
      const { outbox, order } = keys.shard(shard)
      const ids = limit < 1 ? [] : await ask(redis => redis.zrange(order, 0, String(limit - 1)))
      if (ids.length === 0) return []
      const alerts = await ask(redis => redis.hmget(outbox, ...ids))
      return ids.flatMap((id, i) => {
        const alert = alerts[i]
        return alert === null ? [] : [{ id, alert }] // trimmed since
      })
    },
    trimOutbox: (shard, token, ids) => {
      const { meta, outbox, order } = keys.shard(shard)
      const parts = ids.length === 0 ? [[]] : splitByCount(ids, MAX_IDS)
      return untilRefused(
        parts.map(part => async () => fenceReply(await call('trim-outbox', [meta, outbox, order], [token, ...part]))),
      )
    },
    firedThrough: count =>
      Promise.all(
        Array.from({ length: count }, async (_, shard) => {
          const fired = await ask(redis => redis.hget(keys.shard(shard).meta, 'firedThrough'))
          return fired === null ? null : Number(fired)
        }),
      ),
    replicated: async () => {
      if (waitReplicas === 0) return
      const acknowledged = await client.waitForReplicas(waitReplicas)
      if (acknowledged < waitReplicas)
        throw new StoreUnavailable(
          'refused',
          `${acknowledged} of ${waitReplicas} replicas have what was written (redis.waitReplicas)`,
        )
    },
  }
}

type Item =
  | Readonly<{ kind: 'alert'; id: string; alert: string }>
  | Readonly<{ kind: 'rule'; fingerprint: string; state: string }>
  | Readonly<{ kind: 'forget'; fingerprint: string }>

/** The calls of a firing, in order: alerts before rule states, see fire.lua. */
function* writes(call: CallScript, unit: ShardKeys, command: FireCommand, maxCallBytes: number) {
  const items: readonly Item[] = [
    ...command.outbox.map(({ id, alert }): Item => ({ kind: 'alert', id, alert })),
    ...Array.from(
      command.rules,
      ([fingerprint, state]): Item => (state === null ? { kind: 'forget', fingerprint } : { kind: 'rule', fingerprint, state }),
    ),
  ]
  const parts = splitBySize(items, bytesOf, maxCallBytes)
  const meta = shardFields(command.meta)
  for (const [i, part] of parts.entries()) {
    const alerts = part.flatMap(item => (item.kind === 'alert' ? [item.id, item.alert] : []))
    const rules = part.flatMap(item => (item.kind === 'rule' ? [item.fingerprint, item.state] : []))
    const forgotten = part.flatMap(item => (item.kind === 'forget' ? [item.fingerprint] : []))
    const head = [command.token, command.previousCommitId, command.commitId, stageOf(i, parts.length), ...meta]
    const counts = [alerts.length / 2, rules.length / 2, forgotten.length]
    yield async (): Promise<FenceReply> =>
      fenceReply(
        await call(
          'fire',
          [unit.meta, unit.rules, unit.outbox, unit.order],
          [...head, ...counts, ...alerts, ...rules, ...forgotten],
        ),
      )
  }
}

const bytesOf = (item: Item): number => {
  switch (item.kind) {
    case 'alert':
      return item.id.length + item.alert.length
    case 'rule':
      return item.fingerprint.length + item.state.length
    case 'forget':
      return item.fingerprint.length
  }
}
