import { pino } from 'pino'
import type { Config } from '../config/config.ts'
import { type ConfigSource, loadConfig } from '../config/load.ts'
import { createKafkaLog } from '../consumers/kafka/log.ts'
import { ownFacts } from '../roles/monitor/facts.ts'
import { monitorGroup } from '../roles/monitor/group.ts'
import { type Migration, migrate } from '../roles/monitor/migrate.ts'
import { createPlans } from '../windows/plan.ts'
import { createRedisStore } from '../windows/store/redis/store.ts'
import { type CommandIo, ExitCode } from './io.ts'

/**
 * `tidemark migrate`: makes the stored state of a namespace fit the configuration, while no process of it runs. Exit 0 when
 * it fits now, 1 when that cannot be (the message says why, nothing was changed).
 */
export const runMigrate = async (source: ConfigSource, io: CommandIo): Promise<number> => {
  const config = loadConfig(source)
  const logger = pino({ level: 'silent' })
  const topic = config.kafka.topics.predictions
  const log = createKafkaLog(config.kafka, logger)
  const opened: Readonly<{ close(): Promise<void> }>[] = [log]
  try {
    const groupId = monitorGroup(config.namespace)
    const members = await log.groupMembers({ groupId, topic })
    if (members.length > 0) {
      const who = members.map(({ client, partitions }) => `${client} (partitions ${partitions.join(', ') || 'none'})`)
      return refuse(io, `the namespace is in use: group ${groupId} has ${who.join('; ')}. Stop every process of it first`)
    }
    const store = await createRedisStore({ ...config.redis, namespace: config.namespace, topic, logger })
    opened.push(store)
    const own = ownFacts(config, createPlans(config), await log.partitionCount(topic))
    return tell(await migrate(store, own), config, io)
  } catch (error) {
    return refuse(io, error instanceof Error ? error.message : String(error))
  } finally {
    for (const resource of opened.reverse()) await resource.close()
  }
}

const tell = (migration: Migration, { namespace }: Config, io: CommandIo): number => {
  switch (migration.kind) {
    case 'empty':
      io.stdout.write(`nothing is stored under namespace ${namespace}: nothing to migrate\n`)
      return ExitCode.ok
    case 'fits':
      io.stdout.write(`the state of namespace ${namespace} fits this configuration: nothing to migrate\n`)
      return ExitCode.ok
    case 'refused':
      return refuse(
        io,
        `the state of namespace ${namespace} can never fit this configuration: ${migration.problems.join('; ')}. ` +
          'Use the configuration that it was made with, or another namespace',
      )
    case 'migrated': {
      const { problems, models, sinceMs } = migration
      for (const problem of problems) io.stdout.write(`${problem}\n`)
      const since = sinceMs < 0 ? 'all that come' : `those that begin at ${new Date(sinceMs).toISOString()} or later`
      io.stdout.write(
        models.length === 0
          ? `namespace ${namespace} fits now\n`
          : `namespace ${namespace} fits now; of ${models.join(', ')} the next windows to leave are ${since}\n`,
      )
      return ExitCode.ok
    }
  }
}

const refuse = (io: CommandIo, why: string): number => {
  io.stderr.write(`tidemark migrate: ${why}\n`)
  return ExitCode.failed
}
