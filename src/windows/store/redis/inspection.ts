import type { Inspection, Owner } from '../port.ts'
import type { Client } from './client.ts'
import type { Keys } from './keys.ts'
import { type Field, SHARD_FIELDS, shardMeta } from './meta.ts'

const OWNER_FIELDS = ['token', 'epoch'] as const

export const createInspection = ({ ask }: Client, keys: Keys): Inspection => ({
  partitionOwners: count =>
    Promise.all(
      Array.from({ length: count }, async (_, partition) =>
        ownerOf(await ask(redis => redis.hmget(keys.partition(partition).meta, ...OWNER_FIELDS))),
      ),
    ),
  shards: count =>
    Promise.all(
      Array.from({ length: count }, async (_, shard) => {
        const { meta, rules, order } = keys.shard(shard)
        const [fields, ruleCount, waiting] = await Promise.all([
          ask(redis => redis.hmget(meta, ...OWNER_FIELDS, ...SHARD_FIELDS)),
          ask(redis => redis.hlen(rules)),
          ask(redis => redis.zcard(order)),
        ])
        const [token, epoch, ...stored] = fields
        return { owner: ownerOf([token, epoch]), meta: shardMeta(stored), rules: ruleCount, outbox: waiting }
      }),
    ),
})

const ownerOf = ([token, epoch]: readonly Field[]): Owner | null =>
  token === null || token === undefined ? null : { token, epoch: Number(epoch) }
