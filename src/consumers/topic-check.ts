import type { TopicSpec } from './log.ts'

/** A topic as it is; undefined: there is none. */
export type ActualTopic = Readonly<{ partitions: number; config: Readonly<Record<string, string>> }> | undefined

/**
 * What keeps `actual` from being `spec`, as sentences with the command that cures each; empty when nothing does.
 * Only the configuration keys that the spec names are looked at. `bootstrapServers` goes into the commands.
 */
export const topicProblems = (spec: TopicSpec, actual: ActualTopic, bootstrapServers: string): readonly string[] => {
  const { name, partitions, config } = spec
  if (actual === undefined) return [`topic ${name} does not exist: create it with \`${createCommand(spec, bootstrapServers)}\``]
  const problems: string[] = []
  if (actual.partitions < partitions) {
    problems.push(
      `topic ${name} has ${actual.partitions} partitions, configured are ${partitions}: configure ${actual.partitions}, ` +
        `or add partitions with \`kafka-topics.sh --bootstrap-server ${bootstrapServers} --alter --topic ${name} --partitions ${partitions}\` (keys move to other partitions)`,
    )
  }
  if (actual.partitions > partitions) {
    problems.push(
      `topic ${name} has ${actual.partitions} partitions, configured are ${partitions}: configure ${actual.partitions} (a topic never shrinks)`,
    )
  }
  for (const [key, wanted] of Object.entries(config)) {
    const found = actual.config[key]
    if (found === wanted) continue
    problems.push(
      `topic ${name} has ${key}=${found ?? '(unset)'}, it must be ${wanted}: set it with ` +
        `\`kafka-configs.sh --bootstrap-server ${bootstrapServers} --alter --entity-type topics --entity-name ${name} --add-config ${key}=${wanted}\``,
    )
  }
  return problems
}

const createCommand = ({ name, partitions, replicationFactor, config }: TopicSpec, bootstrapServers: string): string =>
  [
    `kafka-topics.sh --bootstrap-server ${bootstrapServers} --create --topic ${name} --partitions ${partitions}`,
    ...(replicationFactor === undefined ? [] : [`--replication-factor ${replicationFactor}`]),
    ...Object.entries(config).map(([key, value]) => `--config ${key}=${value}`),
  ].join(' ')
