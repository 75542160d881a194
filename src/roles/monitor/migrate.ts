import type { ClusterFacts, StateStore } from '../../windows/store/port.ts'
import { NO_TIME_MS } from '../../windows/time.ts'
import { differencesOf } from './facts.ts'

export type Migration =
  /** Nothing is stored under the namespace. */
  | Readonly<{ kind: 'empty' }>
  /** The stored state fits. */
  | Readonly<{ kind: 'fits' }>
  /** It can never fit: why. */
  | Readonly<{ kind: 'refused'; problems: readonly string[] }>
  /** `sinceMs`: windows of the models in `models` that begin earlier are left out. */
  | Readonly<{ kind: 'migrated'; problems: readonly string[]; models: readonly string[]; sinceMs: number }>

/**
 * Makes stored state fit another configuration while no process of the namespace runs: the present facts take the place of
 * the stored ones, and speak of windows that begin after every event seen so far. What is open at that moment holds cells of
 * both meanings and is not fired; models that did not change lose nothing, and neither do rules' states.
 */
export const migrate = async (store: StateStore, own: ClusterFacts): Promise<Migration> => {
  const stored = await store.facts()
  if (stored === null) return { kind: 'empty' }
  const { fatal, ofAll, ofModels } = differencesOf(stored, own)
  if (fatal.length > 0) return { kind: 'refused', problems: fatal }
  const problems = [...ofAll, ...ofModels.values()]
  if (problems.length === 0) return { kind: 'fits' }
  const models = changedModels(own, ofAll.length > 0 ? undefined : ofModels)
  const metas = await store.partitions.progress(own.shardCount)
  const sinceMs = Math.max(NO_TIME_MS, ...metas.map(meta => meta?.restart.maxTimeMs ?? NO_TIME_MS)) + 1
  await store.replaceFacts({
    ...own,
    shardCount: stored.shardCount,
    sinceMs: { ...stored.sinceMs, ...Object.fromEntries(models.map(model => [model, sinceMs])) },
  })
  return { kind: 'migrated', problems, models, sinceMs }
}

/** A model that is named or no longer named was, or is now, watched as `*`: that one changes too. */
const changedModels = (own: ClusterFacts, changed: ReadonlyMap<string, string> | undefined): readonly string[] => {
  const present = Object.keys(own.models)
  if (changed === undefined) return present
  const comesUnderAny = [...changed.keys()].some(model => own.models[model] === undefined)
  return present.filter(model => changed.has(model) || (model === '*' && comesUnderAny))
}
