import { problemsOf } from './check.ts'
import type { History } from './history.ts'
import { type Run, type RunOptions, runHistory } from './run.ts'

/** What became of a history, and what is wrong with it; empty: nothing. */
export type Verified = Readonly<{ run: Run; problems: readonly string[] }>

/** Runs a history, and again with one process and no faults; `options` are for the first run alone. */
export const verify = async (history: History, options: RunOptions = {}): Promise<Verified> => {
  const run = await runHistory(history, options)
  const undisturbed = await runHistory({ ...history, processes: 1, faults: [], healAtMs: 0 })
  return { run, problems: problemsOf(run.outcome, undisturbed.outcome, history) }
}
