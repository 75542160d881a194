import type { History } from './history.ts'
import type { Run, RunOptions } from './run.ts'
import { verify } from './verify.ts'

/** Tries are whole runs. */
const TRIES = 200

/**
 * Cuts a failing history down: faults first, then processes and deliveries, halves before single ones (after Zeller and
 * Hildebrandt's ddmin, 2002), as long as something is wrong with what is left. It need not be the same thing.
 */
export const shrink = async (history: History, run: Run, options: RunOptions = {}): Promise<History> => {
  let tries = TRIES
  const fails = async (fewer: History): Promise<boolean> => {
    if (tries-- <= 0) return false
    return (await verify(fewer, options)).problems.length > 0
  }
  let least: History = { ...history, faults: run.struck }
  // faults are found again by the numbers of their calls
  if (!(await fails(least))) return history
  const attempt = async (fewer: History): Promise<boolean> => {
    if (!(await fails(fewer))) return false
    least = fewer
    return true
  }
  await withLess(run.struck, faults => attempt({ ...least, faults }))
  for (let processes = 1; processes < least.processes; processes++) if (await attempt({ ...least, processes })) break
  await withLess(least.deliveries, deliveries => attempt({ ...least, deliveries }))
  return least
}

/** Leaves out as much of the list as `isEnough` allows. */
const withLess = async <T>(list: readonly T[], isEnough: (fewer: readonly T[]) => Promise<boolean>): Promise<void> => {
  let kept = list
  for (let size = Math.ceil(kept.length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < kept.length; ) {
      const fewer = [...kept.slice(0, from), ...kept.slice(from + size)]
      if (await isEnough(fewer)) kept = fewer
      else from += size
    }
  }
}

/** For people: how to see it again, what struck, and what went wrong. */
export const describeFailure = async (history: History, options: RunOptions = {}): Promise<string> => {
  const { run, problems } = await verify(history, options)
  const { deliveries, processes, config, seed } = history
  return [
    `history ${seed}: TIDEMARK_SIM_SEED=${seed} TIDEMARK_SIM_HISTORIES=1 npm run test:simulation`,
    `cut down to ${processes} processes, ${config.kafka.partitions} partitions, ${deliveries.length} deliveries, and these faults:`,
    ...run.struck.map(({ process, call, name, fault }) => `  ${process} at call ${call} (${name}): ${JSON.stringify(fault)}`),
    ...problems.slice(0, 5),
    ...(problems.length > 5 ? [`... ${problems.length - 5} more`] : []),
  ].join('\n')
}
