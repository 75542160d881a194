import type { StateStore } from './port.ts'
import { StoreUnavailable } from './unavailable.ts'

/** A call on its way: its name, and the partition or shard it is for (-1: neither). */
export type StoreCall = Readonly<{ name: string; unit: number }>

export type Delivery =
  | 'once'
  /** Never arrives: StoreUnavailable, nothing was done. */
  | 'never'
  /** Arrives twice, as a client's resend does; the second reply is the one that is heard. */
  | 'twice'
  /** Done, but the reply is lost: StoreUnavailable. */
  | 'reply-lost'

/** What the network does to calls. Both are awaited, so that a scheduler can order and delay calls and replies. */
export type StoreFaults = Readonly<{
  deliver(call: StoreCall): Delivery | Promise<Delivery>
  replied?(call: StoreCall): void | Promise<void>
}>

/** Brings one call to the store and its reply back: once, late, twice, never. */
export type Carry = <T>(call: StoreCall, run: () => Promise<T>) => Promise<T>

/** A handle on the store of a process whose network has these faults. */
export const withFaults = (store: StateStore, faults: StoreFaults): StateStore =>
  carried(store, async (call, run) => {
    const { name, unit } = call
    const delivery = await faults.deliver(call)
    if (delivery === 'never') throw new StoreUnavailable('connection', `${name} ${unit} did not reach the store`)
    if (delivery === 'twice') await run()
    const reply = await run()
    await faults.replied?.(call)
    if (delivery === 'reply-lost') throw new StoreUnavailable('timeout', `the reply to ${name} ${unit} was lost`)
    return reply
  })

/** A handle on the store whose every call is carried by `carry`. */
export const carried = (store: StateStore, carry: Carry): StateStore => {
  const send = <T>(name: string, unit: number, run: () => Promise<T>): Promise<T> => carry({ name, unit }, run)
  const { partitions, shards, policies, inspection } = store
  return {
    partitions: {
      claim: (p, token) => send('claim', p, () => partitions.claim(p, token)),
      paneKeys: p => send('paneKeys', p, () => partitions.paneKeys(p)),
      readPanes: (p, keys) => send('readPanes', p, () => partitions.readPanes(p, keys)),
      checkpoint: (p, command) => send('checkpoint', p, () => partitions.checkpoint(p, command)),
      progress: count => send('progress', -1, () => partitions.progress(count)),
      shardPaneKeys: (p, ...range) => send('shardPaneKeys', p, () => partitions.shardPaneKeys(p, ...range)),
    },
    shards: {
      claim: (s, token) => send('claimShard', s, () => shards.claim(s, token)),
      rules: s => send('rules', s, () => shards.rules(s)),
      fire: (s, command) => send('fire', s, () => shards.fire(s, command)),
      outbox: (s, limit) => send('outbox', s, () => shards.outbox(s, limit)),
      trimOutbox: (s, token, ids) => send('trimOutbox', s, () => shards.trimOutbox(s, token, ids)),
      firedThrough: count => send('firedThrough', -1, () => shards.firedThrough(count)),
      replicated: s => send('replicated', s, () => shards.replicated(s)),
    },
    agree: facts => send('agree', -1, () => store.agree(facts)),
    replaceFacts: facts => send('replaceFacts', -1, () => store.replaceFacts(facts)),
    facts: () => send('facts', -1, () => store.facts()),
    policies: {
      publish: (version, policy) => send('publishPolicy', -1, () => policies.publish(version, policy)),
      current: () => send('currentPolicy', -1, () => policies.current()),
      find: version => send('findPolicy', -1, () => policies.find(version)),
    },
    inspection: {
      partitionOwners: count => send('partitionOwners', -1, () => inspection.partitionOwners(count)),
      shards: count => send('shards', -1, () => inspection.shards(count)),
    },
    initialised: () => send('initialised', -1, () => store.initialised()),
    health: () => store.health(),
    close: () => store.close(),
  }
}
