import type { CheckpointCommand, FireCommand } from '../../../../src/windows/store/port.ts'
import type { Fault, Network, Unit } from './faults.ts'
import { EVENTS, PANES, WIDTH_MS } from './log.ts'
import { createPartitionWriter, type PartitionWriter, type Writing } from './partition-writer.ts'
import { createReferee, type Harness } from './referee.ts'
import { createShardWriter, type ShardWriter } from './shard-writer.ts'
import type { Step } from './steps.ts'
import { checkState, createPublished, type Published, Violation, windowValue } from './truth.ts'

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

const createWorld = async (open: (carry: Network['carry']) => Promise<Harness>, writing: Writing) => {
  const processes: Process[] = [{}, {}, {}]
  const published: Published = createPublished()
  let serial = 0
  let failover: (units: readonly Unit[]) => Promise<void>

  const referee = await createReferee(open)
  const { attempt, commit, harness } = referee
  const { truth, store } = harness

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
    const owned = referee.ownsShard(shard.token)
    const reply = await attempt(fault, () => store.shards.trimOutbox(0, shard.token, ids))
    if (reply === undefined || fault?.kind === 'overtaken') return
    if (reply.kind !== (owned ? 'ok' : 'fenced')) throw new Violation(`trim: ${reply.kind}, owned: ${owned}`)
    if (!owned) delete process.shard
  }

  const snapshot = async (): Promise<void> => {
    failover = await referee.snapshot()
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
        return referee.deliverLate()
      case 'snapshot':
        return snapshot()
      case 'flushScripts':
        return harness.flushScripts()
      case 'rollBack':
        if (step.units.includes('fire')) published.firesMayBeLost()
        return failover(step.units)
    }
  }

  return {
    take: async (step: Step): Promise<void> => {
      await perform(step)
      if (referee.hasChanged()) await checkState(truth, published)
    },
    /** One healthy owner brings everything to its end: nothing may be missing then. */
    finish: async (): Promise<void> => {
      const owner: Process = {}
      await referee.deliverLate()
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
