import type { CheckpointCommand, FenceReply, FireCommand, StateStore } from '../../../../src/windows/store/port.ts'
import { StoreUnavailable } from '../../../../src/windows/store/unavailable.ts'
import { type Call, createNetwork, type Fault, type Network, type Unit } from './faults.ts'
import { Violation } from './truth.ts'

/** A store under test. */
export type Harness = Readonly<{
  /** Faultless: what is really stored. */
  truth: StateStore
  /** Every writing call of this one is carried by the network. */
  store: StateStore
  /** Returns the failover to this moment. */
  snapshot(): Promise<(units: readonly Unit[]) => Promise<void>>
  flushScripts(): Promise<void>
  close(): Promise<void>
}>

type Fence = { token: string; commitId: string }

/**
 * Sends commands through the network and judges every delivery and every reply by what a store is: a token and a commit id a
 * unit. Throws a Violation when the store did what it should not, or said something else than it should.
 */
export const createReferee = async (open: (carry: Network['carry']) => Promise<Harness>) => {
  const fences: Record<Unit, Fence> = { in: { token: '', commitId: '' }, fire: { token: '', commitId: '' } }
  let changed = false

  /** What every commit changes. */
  const peek = async (unit: Unit): Promise<number | null | undefined> =>
    unit === 'in' ? (await truth.partitions.progress(1))[0]?.restart.ledger.read : (await truth.shards.firedThrough(1))[0]

  const watch = async <T>(call: Call, run: () => Promise<T>): Promise<T> => {
    changed = true
    const before = await peek(call.unit)
    const reply = await run()
    const fence = fences[call.unit]
    if (call.name === 'claim') fence.token = call.token
    else if ((await peek(call.unit)) !== before) {
      const verdict = judge(fence, call)
      if (verdict !== 'ok') throw new Violation(`${call.name} ${call.commitId} was done, but is ${verdict}`)
      fence.commitId = call.commitId
    }
    return reply
  }
  const network = createNetwork(watch)
  const harness = await open(network.carry)
  const { truth } = harness

  /** Undefined when there was no answer. */
  const attempt = async <T>(fault: Fault | undefined, send: () => Promise<T>): Promise<T | undefined> => {
    network.strike(fault)
    try {
      return await send()
    } catch (error) {
      if (error instanceof StoreUnavailable) return undefined
      throw error
    } finally {
      network.strike(undefined)
    }
  }

  /** Undefined when there was no answer; `lost` when the caller must drop what it knows. */
  const commit = async (
    unit: Unit,
    fault: Fault | undefined,
    write: CheckpointCommand | FireCommand,
    send: () => Promise<FenceReply>,
  ) => {
    const expected = judge(fences[unit], write)
    let struck: Fault['kind'] | undefined
    const reply = await attempt(fault, () =>
      send().finally(() => {
        struck = network.struck()
      }),
    )
    if (reply === undefined) return undefined
    const doubled = struck === 'twice' && expected === 'ok' && reply.kind === 'duplicate'
    if (reply.kind !== expected && !doubled && struck !== 'overtaken') {
      throw new Violation(`${unit} ${write.commitId}: ${reply.kind} instead of ${expected}`)
    }
    const done = reply.kind === 'ok' || reply.kind === 'duplicate'
    if (done && fences[unit].commitId !== write.commitId) throw new Violation(`${write.commitId}: ${reply.kind}, but not stored`)
    return done ? 'done' : 'lost'
  }

  return {
    harness,
    deliverLate: network.deliverLate,
    attempt,
    commit,
    ownsShard: (token: string): boolean => fences.fire.token === token,
    /** Whether anything was delivered or lost since it was asked last. */
    hasChanged: (): boolean => {
      const answer = changed
      changed = false
      return answer
    },
    /** Returns the failover to this moment. */
    snapshot: async () => {
      const back = await harness.snapshot()
      const then = structuredClone(fences)
      return async (units: readonly Unit[]): Promise<void> => {
        changed = true
        await back(units)
        for (const unit of units) fences[unit] = { ...then[unit] }
      }
    },
  }
}

const judge = (stored: Fence, write: Fence & { previousCommitId: string }): FenceReply['kind'] => {
  if (stored.commitId === write.commitId) return 'duplicate'
  if (stored.token !== write.token) return 'fenced'
  return stored.commitId === write.previousCommitId ? 'ok' : 'mismatch'
}
