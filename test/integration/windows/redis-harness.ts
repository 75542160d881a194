import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { type CallScript, loadScripts, type ScriptName, type Scripts } from '../../../src/windows/store/redis/scripts.ts'
import type { Call, Network, Unit } from '../../windows/store/model/faults.ts'
import type { Harness } from '../../windows/store/model/referee.ts'
import { openRedis } from './redis-helpers.ts'

/** The Lua files with one line, found by a part of it, replaced; throws when there is no such line, or two. */
export const withLine = (scripts: Scripts, name: ScriptName, part: string, line: string): Scripts => {
  const lines = scripts[name].split('\n')
  const found = lines.filter(text => text.includes(part))
  if (found.length !== 1) throw new Error(`${name}.lua has ${found.length} lines with "${part}"`)
  return { ...scripts, [name]: lines.map(text => (text.includes(part) ? line : text)).join('\n') }
}

/** Redis, with so small calls that most commits take several. `open` begins with an empty store. */
export const createRedisHarness = async (admin: Redis, scripts: Scripts = loadScripts()) => {
  const namespace = `model-${randomUUID()}`
  let carry: Network['carry']
  const around =
    (call: CallScript): CallScript =>
    (name, keys, args) =>
      carry(describe(name, keys, args), () => call(name, keys, args))
  const [store, truth] = await Promise.all([
    openRedis({ scripts, maxCallBytes: 160, around }, { namespace }),
    openRedis({}, { namespace }),
  ])
  const empty = async (): Promise<void> => {
    const keys = await admin.keys(`{tidemark:${namespace}:*`)
    if (keys.length > 0) await admin.unlink(...keys)
  }
  return {
    open: async (network: Network['carry']): Promise<Harness> => {
      carry = network
      await empty()
      return {
        store,
        truth,
        snapshot: () => snapshotOf(admin, namespace),
        flushScripts: async () => {
          await admin.script('FLUSH')
        },
        close: async () => {},
      }
    },
    close: async (): Promise<void> => {
      await Promise.all([store.close(), truth.close(), empty()])
    },
  }
}

const describe = (name: ScriptName, keys: readonly string[], args: readonly unknown[]): Call => {
  const [token, previousCommitId, commitId, stage] = args.map(String)
  const isLast = stage !== 'first' && stage !== 'more'
  return { name, unit: keys[0].includes(':fire:') ? 'fire' : 'in', token, previousCommitId, commitId, isLast }
}

const snapshotOf = async (admin: Redis, namespace: string) => {
  const keysOf = (unit: Unit): Promise<string[]> => admin.keys(`{tidemark:${namespace}:${unit}:*`)
  const dumps = new Map<Unit, readonly (readonly [string, Buffer | null])[]>()
  for (const unit of ['in', 'fire'] as const) {
    const keys = await keysOf(unit)
    dumps.set(unit, await Promise.all(keys.map(async key => [key, await admin.dumpBuffer(key)] as const)))
  }
  return async (units: readonly Unit[]): Promise<void> => {
    for (const unit of units) {
      const keys = await keysOf(unit)
      if (keys.length > 0) await admin.unlink(...keys)
      for (const [key, dump] of dumps.get(unit) ?? []) if (dump !== null) await admin.restore(key, 0, dump)
    }
  }
}
