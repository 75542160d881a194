import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Client } from './client.ts'

/** The Lua files; each says what it takes and replies. */
const SCRIPT_NAMES = ['claim', 'checkpoint', 'delete-panes', 'fire', 'trim-outbox'] as const
export type ScriptName = (typeof SCRIPT_NAMES)[number]

/** Lua text by name. */
export type Scripts = Readonly<Record<ScriptName, string>>

/** All keys of a call share one hash tag. */
export type CallScript = (
  name: ScriptName,
  keys: readonly string[],
  args: readonly (string | number | Buffer)[],
) => Promise<unknown>

export const loadScripts = (): Scripts => ({
  claim: read('claim'),
  checkpoint: read('checkpoint'),
  'delete-panes': read('delete-panes'),
  fire: read('fire'),
  'trim-outbox': read('trim-outbox'),
})

const read = (name: ScriptName): string => readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8')

/** By digest; by text where the server has not seen the script or forgot it (restart, failover, SCRIPT FLUSH). */
export const scriptCaller = ({ ask }: Client, scripts: Scripts): CallScript => {
  const digests = new Map(SCRIPT_NAMES.map(name => [name, createHash('sha1').update(scripts[name]).digest('hex')]))
  return (name, keys, args) => {
    const rest = [keys.length, ...keys, ...args]
    return ask(async redis => {
      try {
        return await redis.call('EVALSHA', [digests.get(name) ?? '', ...rest])
      } catch (error) {
        if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error
        return await redis.call('EVAL', [scripts[name], ...rest])
      }
    })
  }
}
