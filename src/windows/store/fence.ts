import type { FenceReply } from './port.ts'

/** What a unit of state (a partition, a shard) remembers of its writers. */
export type Fence = Readonly<{ token: string; epoch: number; commitId: string }>

export type FencedWrite = Readonly<{ token: string; previousCommitId: string; commitId: string }>

/** How a write meets the fence. The Lua calls decide the same; the twin takes it as an argument, so that tests can leave parts out. */
export type Judge = (stored: Fence, write: FencedWrite) => FenceReply['kind']

export const UNCLAIMED: Fence = { token: '', epoch: 0, commitId: '' }

export const judge: Judge = (stored, write) => {
  if (stored.commitId === write.commitId) return 'duplicate'
  if (stored.token !== write.token) return 'fenced'
  return stored.commitId === write.previousCommitId ? 'ok' : 'mismatch'
}
