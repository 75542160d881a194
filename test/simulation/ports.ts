import type { Log, Membership, PartitionReader } from '../../src/consumers/log.ts'
import type { MemoryLog } from '../../src/consumers/memory/log.ts'
import type { SchemaSource } from '../../src/events/registry.ts'
import { carried } from '../../src/windows/store/faults.ts'
import type { StateStore } from '../../src/windows/store/port.ts'
import type { Carrier } from './carrier.ts'
import type { Life, Timeline } from './timeline.ts'

/** How long a fetch at the log's end waits, ms of virtual time. */
const LONG_POLL_MS = 400

export const carriedStore = (store: StateStore, carry: Carrier): StateStore =>
  carried(store, ({ name, unit }, run) => carry(unit < 0 ? name : `${name} ${unit}`, run))

export const carriedSchemas = (schemas: SchemaSource, carry: Carrier): SchemaSource => ({
  writerSchema: id => carry(`schema ${id}`, () => schemas.writerSchema(id)),
  register: (subject, schema) => carry(`register ${subject}`, () => schemas.register(subject, schema)),
})

export type LogOptions = Readonly<{
  log: MemoryLog
  life: Life
  timeline: Timeline
  carry: Carrier
  /** The membership of the process, before it is wrapped: who wants to evict it needs it. */
  onMembership(inner: Membership): void
}>

/** The log as one process has it. */
export const carriedLog = (options: LogOptions): Log => {
  const { log, carry } = options
  const client = log.client()
  return {
    ...client,
    partitionCount: topic => carry(`partitionCount ${topic}`, () => client.partitionCount(topic)),
    reader: async at => carriedReader(options, at.partition, await client.reader(at)),
    membership: membership => {
      const inner = client.membership(membership)
      options.onMembership(inner)
      return carriedMembership(options, inner)
    },
    writer: async () => {
      const writer = await client.writer()
      return { ...writer, append: (topic, records) => carry(`append ${topic}`, () => writer.append(topic, records)) }
    },
    fencedWriter: async id => {
      const writer = await carry(`fencedWriter ${id}`, () => client.fencedWriter(id))
      return { ...writer, append: (topic, records) => carry(`append ${topic}`, () => writer.append(topic, records)) }
    },
  }
}

const carriedReader = (
  { log, life, timeline, carry }: LogOptions,
  partition: number,
  inner: PartitionReader,
): PartitionReader => {
  const polled = (offset: number): ReturnType<PartitionReader['fetch']> => {
    const fetching = inner.fetch(offset)
    const cancel = timeline.after(LONG_POLL_MS, life, log.wake)
    void fetching.finally(cancel)
    return fetching
  }
  return {
    ...inner,
    fetch: offset =>
      carry(`fetch ${partition}@${offset}`, () => polled(offset)).catch(error => ({
        kind: 'unavailable',
        reason: error instanceof Error ? error.message : String(error),
      })),
    fingerprintAt: offset => carry(`fingerprintAt ${partition}@${offset}`, () => inner.fingerprintAt(offset)),
    range: () => carry(`range ${partition}`, inner.range),
  }
}

/** What the group says reaches a frozen process when it thaws, in order; its own heartbeats come after that. */
const carriedMembership = ({ life, timeline, carry }: LogOptions, inner: Membership): Membership => {
  const unheard: (() => void)[] = []
  const hear = (listen: () => void): void => {
    if (life.state === 'running' && unheard.length === 0) {
      listen()
      return
    }
    if (unheard.push(listen) > 1) return
    timeline.after(0, life, () => {
      for (const listen of unheard.splice(0)) listen()
    })
  }
  return {
    start: listener =>
      carry('join', () =>
        inner.start({
          onAssigned: (partitions, generation) => hear(() => listener.onAssigned(partitions, generation)),
          onRevoking: () => hear(listener.onRevoking),
          onCrash: error => hear(() => listener.onCrash(error)),
        }),
      ),
    freshHeartbeat: () => carry('heartbeat', inner.freshHeartbeat),
    commitOffsets: offsets => carry('commitOffsets', () => inner.commitOffsets(offsets)),
    committed: partitions => carry('committed', () => inner.committed(partitions)),
    stop: () => carry('leave', inner.stop),
  }
}
