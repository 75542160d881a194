import type { Config } from '../../config/config.ts'
import { CODEC_VERSION } from '../../windows/codec.ts'
import type { ModelPlan, Plans } from '../../windows/plan.ts'
import type { ClusterFacts, StateStore } from '../../windows/store/port.ts'
import { StoredStateRefused } from './restore.ts'

/** What this process's configuration makes of the stored state. */
export const ownFacts = (config: Config, plans: Plans, partitionCount: number): ClusterFacts => ({
  topic: config.kafka.topics.predictions,
  shardCount: partitionCount,
  codecVersion: CODEC_VERSION,
  time: `out of order ${config.time.outOfOrdernessMs} ms, late ${config.time.allowedLatenessMs} ms`,
  models: Object.fromEntries(plans.named.map(plan => [plan.config.name, modelFact(plan)])),
  sinceMs: {},
})

/**
 * What all processes of a namespace must agree on. The first one writes it; a process that differs refuses to start and says
 * the cure, since what is stored means something else to it. Returns what is stored.
 */
export const agreeOnFacts = async (store: StateStore, own: ClusterFacts, namespace: string): Promise<ClusterFacts> => {
  const stored = await store.agree(own)
  const { fatal, ofAll, ofModels } = differencesOf(stored, own)
  const problems = [...fatal, ...ofAll, ...ofModels.values()]
  if (problems.length === 0) return stored
  const migration =
    fatal.length > 0
      ? ''
      : 'or stop every process of the namespace and run `tidemark migrate` (windows that are open then are left out); '
  throw new StoredStateRefused(
    `the state of namespace ${namespace} does not fit this configuration: ${problems.join('; ')}. ` +
      `Use the configuration that it was made with; ${migration}or use another namespace (it begins anew, at kafka.startAt)`,
  )
}

/** Cells, pane widths, windows and segments: with others, panes of before and after would not mean the same. */
const modelFact = ({ layout, classes, config }: ModelPlan): string => {
  const hash = Array.from(layout.hash, byte => byte.toString(16).padStart(2, '0')).join('')
  const windows = config.windows.map(w => `${w.name}=${w.sizeMs}/${w.everyMs}+${w.offsetMs}`).sort()
  const segments = config.segments
    .map(({ dimensions, values }) => JSON.stringify([dimensions, Object.entries(values).sort()]))
    .sort()
  return `cells ${hash}, panes of ${classes.map(c => c.widthMs).join(',')} ms, windows ${windows.join(',')}, segments ${segments.join(',')}`
}

const PARTS = ['cells', 'panes', 'windows', 'segments'] as const
const MEANINGS = {
  cells: 'another reference, feature list or range',
  panes: 'another pane width',
  windows: 'other windows',
  segments: 'other segments',
} as const satisfies Record<(typeof PARTS)[number], string>

/** Why `own` cannot go on with what was made by `stored`, in sentences. */
export type Differences = Readonly<{
  /** What no migration cures. */
  fatal: readonly string[]
  /** What a migration leaves behind: of all models, or by model. */
  ofAll: readonly string[]
  ofModels: ReadonlyMap<string, string>
}>

export const differencesOf = (stored: ClusterFacts, own: ClusterFacts): Differences => {
  const fatal: string[] = []
  if (stored.topic !== own.topic) fatal.push(`it reads topic ${stored.topic}, not ${own.topic}`)
  if (stored.shardCount > own.shardCount)
    fatal.push(`it was made with ${stored.shardCount} partitions, the topic has ${own.shardCount}`)
  if (stored.codecVersion !== own.codecVersion)
    fatal.push(`it was written with codec ${stored.codecVersion}, this is ${own.codecVersion}`)
  const ofModels = new Map<string, string>()
  for (const model of new Set([...Object.keys(stored.models), ...Object.keys(own.models)])) {
    const [before, now] = [stored.models[model], own.models[model]]
    if (before === undefined) ofModels.set(model, `model ${model} is new`)
    else if (now === undefined) ofModels.set(model, `model ${model} is gone`)
    else if (before !== now) ofModels.set(model, `model ${model} had ${changedParts(before, now).join(', ')}`)
  }
  const ofAll = stored.time === own.time ? [] : [`its bounds of time were: ${stored.time}; now: ${own.time}`]
  return { fatal, ofAll, ofModels }
}

const changedParts = (before: string, now: string): readonly string[] => {
  const partsOf = (fact: string) =>
    new Map(fact.split(/, (?=(?:panes of|windows|segments) )/).map(part => [part.split(' ')[0], part]))
  const [old, present] = [partsOf(before), partsOf(now)]
  return PARTS.filter(part => old.get(part) !== present.get(part)).map(part => MEANINGS[part])
}
