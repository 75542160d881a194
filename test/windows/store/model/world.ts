import type { CheckpointCommand, FenceReply, FireCommand, StateStore } from '../../../../src/windows/store/port.ts'
import { StoreUnavailable } from '../../../../src/windows/store/unavailable.ts'
import { type Call, createNetwork, type Fault, type Network, type Unit } from './faults.ts'
import { EVENTS, PANES, WIDTH_MS } from './log.ts'
import { createPartitionWriter, type PartitionWriter, type Writing } from './partition-writer.ts'
import { createShardWriter, type ShardWriter } from './shard-writer.ts'
import type { Step } from './steps.ts'
import { checkState, createPublished, type Published, Violation, windowValue } from './truth.ts'

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

/** A process: what it believes to own, and the commands it has no answer to. */
type Process = {
  partition?: PartitionWriter
  checkpoint?: CheckpointCommand
  shard?: ShardWriter
  firing?: FireCommand
}

/** Throws a Violation when the store or what was published is wrong at any moment of the history. */
export const runHistory = async (
  open: (carry: Network['carry']) => Promise<Harness>,
  steps: readonly Step[],
  writing: Writing,
): Promise<void> => {
  const world = await createWorld(open, writing)
  try {
    for (const step of steps) await world.take(step)
    await world.finish()
  } finally {
    await world.close()
  }
}

const judge = (stored: Fence, write: Fence & { previousCommitId: string }): FenceReply['kind'] => {
  if (stored.commitId === write.commitId) return 'duplicate'
  if (stored.token !== write.token) return 'fenced'
  return stored.commitId === write.previousCommitId ? 'ok' : 'mismatch'
}

const createWorld = async (open: (carry: Network['carry']) => Promise<Harness>, writing: Writing) => {
  const fences: Record<Unit, Fence> = { in: { token: '', commitId: '' }, fire: { token: '', commitId: '' } }
  const processes: Process[] = [{}, {}, {}]
  const published: Published = createPublished()
  let serial = 0
  let changed = false
  let failover: (units: readonly Unit[]) => Promise<void>

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
  const { truth, store, ...harness } = await open(network.carry)

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

  const claim = async (process: Process, fault?: Fault): Promise<void> => {
    const token = `t${++serial}`
    delete process.partition
    delete process.checkpoint
    const claimed = await attempt(fault, () => store.partitions.claim(0, token))
    if (claimed === undefined) return
    const panes = await store.partitions.readPanes(0, await store.partitions.paneKeys(0))
    process.partition = createPartitionWriter(token, claimed, panes, writing)
  }

  const claimShard = async (process: Process, fault?: Fault): Promise<void> => {
    const token = `t${++serial}`
    delete process.shard
    delete process.firing
    const claimed = await attempt(fault, () => store.shards.claim(0, token))
    if (claimed !== undefined) process.shard = createShardWriter(token, claimed, await store.shards.rules(0))
  }

  const sendCheckpoint = async (process: Process, fault: Fault | undefined): Promise<void> => {
    const { partition, checkpoint: command } = process
    if (partition === undefined || command === undefined) return
    const outcome = await commit('in', fault, command, () => store.partitions.checkpoint(0, command))
    if (outcome === undefined) return
    delete process.checkpoint
    if (outcome === 'done') partition.committed(command)
    else delete process.partition
  }

  const checkpoint = async (process: Process, fold: number, mask: number, fault?: Fault): Promise<void> => {
    if (process.partition === undefined) return
    process.partition.fold(fold)
    const firedThroughMs = (await store.shards.firedThrough(1))[0] ?? 0
    serial++
    process.checkpoint = process.partition.plan(`c${serial}`, serial, mask, firedThroughMs)
    await sendCheckpoint(process, fault)
  }

  const sendFiring = async (process: Process, fault: Fault | undefined): Promise<void> => {
    const { shard, firing: command } = process
    if (shard === undefined || command === undefined) return
    const outcome = await commit('fire', fault, command, () => store.shards.fire(0, command))
    if (outcome === undefined) return
    delete process.firing
    if (outcome === 'done') shard.committed(command)
    else delete process.shard
  }

  const fire = async (process: Process, windows: number, fault?: Fault): Promise<void> => {
    const { shard } = process
    const closedThroughMs = (await store.partitions.progress(1))[0]?.closedThroughMs ?? 0
    if (shard === undefined) return
    const through = Math.min(shard.fired() + windows, closedThroughMs / WIDTH_MS)
    if (through <= shard.fired()) return
    const values = new Map<number, number>()
    for (let window = shard.fired(); window < through; window++) values.set(window, await windowValue(store, window))
    // only now: panes that are not deleted yet were there when they were read
    const deletedThroughMs = (await store.partitions.progress(1))[0]?.deletedThroughMs ?? 0
    const isComplete = (window: number): boolean => (window + 1) * WIDTH_MS > deletedThroughMs
    if (!isComplete(shard.fired()) && ((await store.shards.firedThrough(1))[0] ?? 0) / WIDTH_MS > shard.fired()) {
      delete process.shard // what it needs was deleted because somebody fired it: a zombie
      return
    }
    for (const [window, value] of values) {
      if (isComplete(window)) published.result(window, value)
      else published.incomplete(window)
    }
    process.firing = shard.plan(`f${++serial}`, through, isComplete)
    await sendFiring(process, fault)
  }

  const relay = async (process: Process, limit: number, fault?: Fault): Promise<void> => {
    const { shard } = process
    if (shard === undefined) return
    const alerts = await store.shards.outbox(0, limit)
    for (const { id } of alerts) published.alerts.add(id)
    const ids = alerts.map(alert => alert.id)
    const owned = fences.fire.token === shard.token
    const reply = await attempt(fault, () => store.shards.trimOutbox(0, shard.token, ids))
    if (reply === undefined || fault?.kind === 'overtaken') return
    if (reply.kind !== (owned ? 'ok' : 'fenced')) throw new Violation(`trim: ${reply.kind}, owned: ${owned}`)
    if (!owned) delete process.shard
  }

  const snapshot = async (): Promise<void> => {
    const back = await harness.snapshot()
    const then = structuredClone(fences)
    failover = async units => {
      await back(units)
      for (const unit of units) fences[unit] = { ...then[unit] }
      if (units.includes('fire')) published.firesMayBeLost()
    }
  }
  await snapshot()

  const perform = async (step: Step): Promise<void> => {
    switch (step.do) {
      case 'claim':
        return claim(processes[step.writer], step.fault)
      case 'checkpoint':
        return checkpoint(processes[step.writer], step.fold, step.mask, step.fault)
      case 'resend':
        return sendCheckpoint(processes[step.writer], step.fault)
      case 'claimShard':
        return claimShard(processes[step.writer], step.fault)
      case 'fire':
        return fire(processes[step.writer], step.windows, step.fault)
      case 'resendFire':
        return sendFiring(processes[step.writer], step.fault)
      case 'relay':
        return relay(processes[step.writer], step.alerts, step.fault)
      case 'deliverLate':
        return network.deliverLate()
      case 'snapshot':
        return snapshot()
      case 'flushScripts':
        return harness.flushScripts()
      case 'rollBack':
        return failover(step.units)
    }
  }

  return {
    take: async (step: Step): Promise<void> => {
      changed = step.do === 'rollBack'
      await perform(step)
      if (changed) await checkState(truth, published)
    },
    /** One healthy owner brings everything to its end: nothing may be missing then. */
    finish: async (): Promise<void> => {
      const owner: Process = {}
      await network.deliverLate()
      await claim(owner)
      await claimShard(owner)
      await checkpoint(owner, EVENTS, 15)
      await fire(owner, PANES)
      await relay(owner, 10_000)
      await checkState(truth, published)
      published.checkEnd(await truth.shards.outbox(0, 1), (await truth.shards.firedThrough(1))[0])
    },
    close: () => harness.close(),
  }
}
