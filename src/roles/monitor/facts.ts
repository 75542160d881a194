import { CODEC_VERSION } from '../../windows/codec.ts'
import type { ClusterFacts } from '../../windows/store/port.ts'
import type { MonitorContext } from './context.ts'
import { StoredStateRefused } from './restore.ts'

/**
 * What all processes of a namespace must agree on. The first one writes it; a process that differs refuses to start and says
 * the cure, since what is stored means something else to it.
 */
export const agreeOnFacts = async (context: MonitorContext): Promise<void> => {
  const own: ClusterFacts = {
    topic: context.config.kafka.topics.predictions,
    partitionCount: context.partitionCount,
    codecVersion: CODEC_VERSION,
    layouts: Object.fromEntries(context.plans.named.map(plan => [plan.config.name, layoutFact(plan)])),
  }
  const stored = await context.store.agree(own)
  const problems = differences(stored, own)
  if (problems.length === 0) return
  throw new StoredStateRefused(
    `the state of namespace ${context.config.namespace} does not fit this configuration: ${problems.join('; ')}. ` +
      'Use the configuration that it was made with, or another namespace (it begins anew, at kafka.startAt)',
  )
}

const layoutFact = (plan: MonitorContext['plans']['named'][number]): string =>
  `${Array.from(plan.layout.hash, byte => byte.toString(16).padStart(2, '0')).join('')} ${plan.classes.map(c => c.widthMs).join(',')}`

const differences = (stored: ClusterFacts, own: ClusterFacts): readonly string[] => {
  const problems: string[] = []
  if (stored.topic !== own.topic) problems.push(`it reads topic ${stored.topic}, not ${own.topic}`)
  if (stored.partitionCount !== own.partitionCount) {
    problems.push(`it was made with ${stored.partitionCount} partitions, the topic has ${own.partitionCount}`)
  }
  if (stored.codecVersion !== own.codecVersion)
    problems.push(`it was written with codec ${stored.codecVersion}, this is ${own.codecVersion}`)
  for (const [model, layout] of Object.entries(own.layouts)) {
    const before = stored.layouts[model]
    if (before !== undefined && before !== layout)
      problems.push(`model ${model} had another reference, feature list or pane width`)
  }
  return problems
}
