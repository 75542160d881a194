import { policyVersion } from '../../config/policy.ts'
import { createTopicEncoder } from '../../events/avro/topic-encoder.ts'
import { createPlans } from '../../windows/plan.ts'
import { createBudget } from '../budget.ts'
import type { MonitorContext } from './context.ts'
import { agreeOnFacts, ownFacts } from './facts.ts'
import { createPolicies } from './policies.ts'
import { createProgressBoard } from './progress-board.ts'
import { createTopology } from './topology.ts'

type Given = Omit<MonitorContext, 'plans' | 'policies' | 'topology' | 'progress' | 'budgets' | 'writer' | 'encode'>

/**
 * Completes the ports to a monitor's context: registers the schemas of what it publishes, makes the plans, and agrees with the
 * other processes of the namespace on what is stored. Throws StoredStateRefused when that is impossible.
 */
export const createMonitorContext = async (given: Given): Promise<MonitorContext> => {
  const { config, log, schemas, store } = given
  const { topics } = config.kafka
  const plans = createPlans(config)
  const [windowResult, alert, partitionCount, writer] = await Promise.all([
    createTopicEncoder('windowResult', topics.windows, schemas),
    createTopicEncoder('alert', topics.alerts, schemas),
    log.partitionCount(topics.predictions),
    log.writer(),
  ])
  const facts = await agreeOnFacts(store, ownFacts(config, plans, partitionCount), config.namespace)
  const budgets = { memory: createBudget(config.budget.memoryBytes), state: createBudget(config.budget.stateBytes) }
  for (const [name, budget] of Object.entries(budgets)) given.metrics.process.watchBudget(name, budget)
  const topology = createTopology(log, topics.predictions, { ...facts, partitionCount })
  return {
    ...given,
    plans,
    policies: await createPolicies(store.policies, { version: policyVersion(config), rules: config.rules }),
    topology,
    progress: createProgressBoard(store, topology),
    budgets,
    writer,
    encode: { windowResult, alert },
  }
}
