import type { FenceReply } from '../../../windows/store/port.ts'
import type { Meters } from './meters.ts'

/** Calls to the state store, with their replies. */
export type StoreMetrics = Readonly<{
  checkpoint(reply: FenceReply['kind'], durationMs: number): void
  fire(reply: FenceReply['kind'], durationMs: number): void
  /** A partition or shard was claimed: after an assignment, or anew after a refusal. */
  claimed(unit: 'partition' | 'shard'): void
}>

export const createStoreMetrics = ({ counter, seconds }: Meters): StoreMetrics => {
  const checkpoints = seconds('checkpoint_duration', 'Checkpoint calls to the state store, by reply.', ['reply'])
  const fires = seconds('fire_duration', 'Fire calls to the state store, by reply.', ['reply'])
  const fences = counter('fences_total', 'Writes refused because the partition or shard has another owner.', ['call'])
  const mismatches = counter(
    'mismatches_total',
    'Writes refused because the store had lost earlier ones: its state is loaded again.',
    ['call'],
  )
  const claims = counter('claims_total', 'Partitions and shards claimed.', ['unit'])
  const answered = (call: 'checkpoint' | 'fire', reply: FenceReply['kind']): void => {
    if (reply === 'fenced') fences.inc({ call })
    if (reply === 'mismatch') mismatches.inc({ call })
  }
  return {
    checkpoint: (reply, durationMs) => {
      checkpoints.observe({ reply }, durationMs / 1000)
      answered('checkpoint', reply)
    },
    fire: (reply, durationMs) => {
      fires.observe({ reply }, durationMs / 1000)
      answered('fire', reply)
    },
    claimed: unit => claims.inc({ unit }),
  }
}
