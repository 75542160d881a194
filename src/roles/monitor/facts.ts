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
  const problems = differences(stored, own)
  if (problems.length === 0) return stored
  throw new StoredStateRefused(
    `the state of namespace ${namespace} does not fit this configuration: ${problems.join('; ')}. ` +
      'Use the configuration that it was made with; or stop every process of the namespace and run `tidemark migrate` ' +
      '(windows that are open then are left out); or use another namespace (it begins anew, at kafka.startAt)',
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
export const differences = (stored: ClusterFacts, own: ClusterFacts): readonly string[] => {
  const problems: string[] = []
  if (stored.topic !== own.topic) problems.push(`it reads topic ${stored.topic}, not ${own.topic}`)
  if (stored.shardCount > own.shardCount)
    problems.push(`it was made with ${stored.shardCount} partitions, the topic has ${own.shardCount}`)
  if (stored.codecVersion !== own.codecVersion)
    problems.push(`it was written with codec ${stored.codecVersion}, this is ${own.codecVersion}`)
  if (stored.time !== own.time) problems.push(`its bounds of time were: ${stored.time}; now: ${own.time}`)
  for (const [model, fact] of Object.entries(own.models)) {
    const before = stored.models[model]
    if (before === undefined) problems.push(`model ${model} is new`)
    else if (before !== fact) problems.push(`model ${model} had ${changedParts(before, fact).join(', ')}`)
  }
  return problems
}

const changedParts = (before: string, now: string): readonly string[] => {
  const partsOf = (fact: string) =>
    new Map(fact.split(/, (?=(?:panes of|windows|segments) )/).map(part => [part.split(' ')[0], part]))
  const [old, present] = [partsOf(before), partsOf(now)]
  return PARTS.filter(part => old.get(part) !== present.get(part)).map(part => MEANINGS[part])
}
