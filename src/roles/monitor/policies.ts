import type { RuleConfig } from '../../config/config.ts'
import { canonicalJson } from '../../config/policy.ts'
import type { Policy } from '../../windows/rules/policy.ts'
import type { PolicyStore } from '../../windows/store/port.ts'
import { StoredStateRefused } from './restore.ts'

/**
 * Policies by version, for every process of the namespace: rules are plain data, so that a process which does not have them
 * in its own configuration judges by them all the same, and one window is judged by one policy, whoever fires it.
 */
export type Policies = Readonly<{
  /** The version that the last process to start brought: what the next windows are to be judged by. */
  current(): Promise<string>
  find(version: string): Promise<Policy>
}>

export const createPolicies = async (store: PolicyStore, own: Policy): Promise<Policies> => {
  const known = new Map([[own.version, own]])
  if ((await store.current()) !== own.version) await store.publish(own.version, canonicalJson(own.rules))
  return {
    current: async () => {
      const version = await store.current()
      if (version !== null) return version
      // a store that lost it: this process's own is as good as any other's
      await store.publish(own.version, canonicalJson(own.rules))
      return own.version
    },
    find: async version => {
      const found = known.get(version)
      if (found) return found
      const stored = await store.find(version)
      if (stored === null)
        throw new StoredStateRefused(
          `policy ${version}, by which windows were to be judged, is not in the store: use the configuration that it came from, or another namespace`,
        )
      const policy: Policy = { version, rules: JSON.parse(stored) as RuleConfig[] } // written by a process of this namespace
      known.set(version, policy)
      return policy
    },
  }
}
