import { policyVersion } from '../../config/policy.ts'
import { createTopicEncoder } from '../../events/avro/topic-encoder.ts'
import { createPlans } from '../../windows/plan.ts'
import type { MonitorContext } from './context.ts'

type Given = Omit<MonitorContext, 'plans' | 'policy' | 'partitionCount' | 'writer' | 'encode'>

/** Completes the ports to a monitor's context: registers the schemas of what it publishes, and makes the plans. */
export const createMonitorContext = async (given: Given): Promise<MonitorContext> => {
  const { config, log, schemas } = given
  const { topics } = config.kafka
  const [windowResult, alert, partitionCount, writer] = await Promise.all([
    createTopicEncoder('windowResult', topics.windows, schemas),
    createTopicEncoder('alert', topics.alerts, schemas),
    log.partitionCount(topics.predictions),
    log.writer(),
  ])
  return {
    ...given,
    plans: createPlans(config),
    policy: { version: policyVersion(config), rules: config.rules },
    partitionCount,
    writer,
    encode: { windowResult, alert },
  }
}
