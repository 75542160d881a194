import { type ConfigSource, loadConfig } from '../config/load.ts'
import { createConfluentRegistry } from '../events/confluent-registry.ts'
import { SCHEMAS, type SchemaName, valueSubject } from '../events/schemas.ts'
import { type CommandIo, ExitCode } from './io.ts'

/** Registers the schemas of the topics; those that are registered already keep their ids. Exit 1 when one is refused. */
export const runSchemasRegister = async (source: ConfigSource, io: CommandIo): Promise<number> => {
  const config = loadConfig(source)
  const { topics } = config.kafka
  const registry = createConfluentRegistry(config.schemaRegistry)
  const subjects: readonly (readonly [string, SchemaName])[] = [
    [topics.predictions, 'prediction'],
    [topics.windows, 'windowResult'],
    [topics.alerts, 'alert'],
  ]
  let failed = false
  for (const [topic, name] of subjects) {
    try {
      const id = await registry.register(valueSubject(topic), SCHEMAS[name])
      io.stdout.write(`${valueSubject(topic)}: schema ${id}\n`)
    } catch (error) {
      failed = true
      io.stderr.write(`${valueSubject(topic)}: ${error instanceof Error ? error.message : String(error)}\n`)
    }
  }
  return failed ? ExitCode.failed : ExitCode.ok
}
