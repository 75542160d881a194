import type { Claimed, FireCommand, ShardMeta } from '../../../../src/windows/store/port.ts'
import { WIDTH_MS } from './log.ts'

export const RULES = ['r0', 'r1', 'r2', 'r3'] as const

/** The windows a rule has seen, in order; each gave an alert. */
export const seenBy = (state: string | undefined): readonly number[] => (state === undefined ? [] : JSON.parse(state))

export const alertId = (rule: string, window: number): string => `${rule} ${window}`

/** One owner's memory of a shard: judges windows and plans firings. A window is a pane. */
export type ShardWriter = Readonly<{
  token: string
  /** Windows fired so far. */
  fired(): number
  /** Fires the windows up to `through`; those that are incomplete are not judged. */
  plan(commitId: string, through: number, isComplete: (window: number) => boolean): FireCommand
  committed(command: FireCommand): void
}>

export const createShardWriter = (
  token: string,
  claimed: Claimed<ShardMeta>,
  stored: ReadonlyMap<string, string>,
): ShardWriter => {
  const states = new Map(stored)
  let commitId = claimed.commitId
  let fired = (claimed.meta?.firedThroughMs ?? 0) / WIDTH_MS

  return {
    token,
    fired: () => fired,
    plan: (nextCommitId, through, isComplete) => {
      const rules = new Map<string, string>()
      const outbox: { id: string; alert: string }[] = []
      for (const rule of RULES) {
        const seen = [...seenBy(states.get(rule))]
        for (let window = fired; window < through; window++) {
          if (!isComplete(window) || (seen.at(-1) ?? -1) >= window) continue
          seen.push(window)
          outbox.push({ id: alertId(rule, window), alert: `${window}` })
        }
        rules.set(rule, JSON.stringify(seen))
      }
      const meta = { firedThroughMs: through * WIDTH_MS, registry: '{}' }
      return { token, previousCommitId: commitId, commitId: nextCommitId, meta, rules, outbox }
    },
    committed: command => {
      commitId = command.commitId
      fired = command.meta.firedThroughMs / WIDTH_MS
      for (const [rule, state] of command.rules) if (state !== null) states.set(rule, state)
    },
  }
}
