import type { Claimed, FenceReply } from '../port.ts'
import type { Field } from './meta.ts'

/** What a fenced Lua call said. */
export const fenceReply = (reply: unknown): FenceReply => {
  switch (reply) {
    case 'ok':
    case 'duplicate':
    case 'fenced':
    case 'mismatch':
      return { kind: reply }
  }
  throw new TypeError(`a Lua call replied ${JSON.stringify(reply)}`)
}

/** What claim.lua said. */
export const claimedReply = <M>(reply: unknown, metaOf: (fields: readonly Field[]) => M | null): Claimed<M> => {
  const [epoch, commitId, ...fields] = reply as [number, string, ...Field[]] // as claim.lua's header says
  return { epoch, commitId, meta: metaOf(fields) }
}

/** Sends calls one after another until one is not `ok`; that is the answer, else `ok`. */
export const untilRefused = async (calls: Iterable<() => Promise<FenceReply>>): Promise<FenceReply> => {
  for (const call of calls) {
    const reply = await call()
    if (reply.kind !== 'ok') return reply
  }
  return { kind: 'ok' }
}
