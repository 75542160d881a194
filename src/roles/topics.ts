import type { Config } from '../config/config.ts'
import type { Log, TopicSpec } from '../consumers/log.ts'

/** The topics as Tidemark wants them. */
export const topicSpecs = ({ kafka }: Pick<Config, 'kafka'>): readonly TopicSpec[] => {
  const { topics, partitions, replicationFactor } = kafka
  const spec = (name: string, config: Readonly<Record<string, string>>): TopicSpec => ({
    name,
    partitions,
    replicationFactor,
    config,
  })
  return [
    // the broker's clock tells events from the future; producers' clocks cannot
    spec(topics.predictions, { 'message.timestamp.type': 'LogAppendTime' }),
    spec(topics.windows, {}),
    // its state is the list of what is firing
    spec(topics.alerts, { 'cleanup.policy': 'compact' }),
    spec(topics.deadLetters, {}),
  ]
}

/** The topics cannot be used as they are. */
export class TopicsUnfit extends Error {
  override readonly name = 'TopicsUnfit'
}

/**
 * Checks the topics, and makes the missing ones where the configuration says so. Throws TopicsUnfit with every problem and
 * its cure; returns what is only unwise.
 */
export const prepareTopics = async (log: Log, config: Pick<Config, 'kafka'>): Promise<readonly string[]> => {
  const problems = await log.ensureTopics(topicSpecs(config), { create: config.kafka.createTopics })
  const fatal = problems.filter(problem => !isUnwise(problem))
  if (fatal.length > 0)
    throw new TopicsUnfit(`the topics cannot be used as they are:\n${problems.map(p => `  - ${p}`).join('\n')}`)
  return problems
}

/** Only the far-future check suffers from producers' timestamps; everything else works. */
const isUnwise = (problem: string): boolean => problem.includes('message.timestamp.type')
