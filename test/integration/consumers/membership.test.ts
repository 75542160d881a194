import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { watched } from '../../consumers/support.ts'
import { kafkaConfig, newClient, newLog, newPrefix } from './kafka-support.ts'

const prefix = newPrefix()
const topic = `${prefix}-membership`
const log = newLog()
const admin = newClient().admin()

beforeAll(async () => {
  await admin.connect()
  await log.ensureTopics([{ name: topic, partitions: 2, replicationFactor: 1, config: {} }], { create: true })
})
afterAll(() => Promise.all([log.close(), admin.disconnect()]))

const join = async (groupId: string, sessionTimeoutMs = 3000) => {
  const membership = log.membership({ groupId, topic, sessionTimeoutMs })
  const { until, change } = watched()
  const told: string[] = []
  const note = (line: string) => {
    told.push(line)
    change()
  }
  await membership.start({
    onAssigned: (partitions, generation) => note(`assigned ${partitions} in ${generation}`),
    onRevoking: () => note('revoking'),
    onCrash: error => note(`crash: ${error.message}`),
  })
  return { membership, told, until }
}

describe('a member of a real group', () => {
  test('never fetches, though there are records: fetching would be a crash', async () => {
    const { membership, told } = await join(`${prefix}-quiet`)
    await membership.freshHeartbeat()
    const writer = await log.writer()
    await writer.append(
      topic,
      [0, 1].map(partition => ({ key: null, value: Buffer.from('for whom?'), partition })),
    )
    for (let i = 0; i < 3; i++) await membership.freshHeartbeat()
    expect(told).toEqual(['assigned 0,1 in 1'])
    await membership.stop()
  })

  test('that the group has given up is refused, hears nothing, and comes back by its next heartbeat', async () => {
    const groupId = `${prefix}-zombie`
    const { membership, told } = await join(groupId, 10_000)
    await membership.commitOffsets(new Map([[0, 5n]]))
    await evict(groupId)
    const isRefused = await membership.commitOffsets(new Map([[0, 6n]])).then(
      () => false,
      () => true,
    )
    expect(isRefused || told.length > 1).toBe(true)
    await membership.freshHeartbeat()
    expect(told).toEqual(['assigned 0,1 in 1', 'assigned 0,1 in 2'])
    await membership.commitOffsets(new Map([[0, 7n]]))
    expect(await membership.committed([0, 1])).toEqual(new Map([[0, { offset: 7n, metadata: '' }]]))
    await membership.stop()
  })

  test('that stops fails the heartbeats waited for', async () => {
    const { membership } = await join(`${prefix}-stopping`)
    const waiting = membership.freshHeartbeat()
    const refused = expect(waiting).rejects.toThrow(/left group/)
    await membership.stop()
    await refused
  })

  test('that stops before it has joined is done with both', async () => {
    const membership = log.membership({ groupId: `${prefix}-early`, topic, sessionTimeoutMs: 3000 })
    const started = membership.start({ onAssigned() {}, onRevoking() {}, onCrash() {} }).then(
      () => 'joined',
      () => 'gave up',
    )
    await membership.stop()
    expect(['joined', 'gave up']).toContain(await started)
  })

  test('of a topic that does not exist cannot start, and says why', async () => {
    const membership = log.membership({ groupId: `${prefix}-lost`, topic: `${prefix}-nowhere`, sessionTimeoutMs: 3000 })
    await expect(membership.start({ onAssigned() {}, onRevoking() {}, onCrash() {} })).rejects.toThrow(/cannot join group/)
  })
})

/** Makes the coordinator forget the group's only member, as after a session timeout, by leaving in its name. */
const evict = async (groupId: string): Promise<void> => {
  const { groups } = await admin.describeGroups([groupId])
  const require = createRequire(import.meta.url)
  const Cluster = require('kafkajs/src/cluster')
  const { createLogger } = require('kafkajs/src/loggers')
  const cluster = new Cluster({
    logger: createLogger({ level: 0, logCreator: () => () => {} }),
    socketFactory: require('kafkajs/src/network/socketFactory')(),
    brokers: kafkaConfig().brokers,
    clientId: 'evict',
    connectionTimeout: 5000,
    offsets: new Map(),
  })
  await cluster.connect()
  await cluster.refreshMetadata()
  const coordinator = await cluster.findGroupCoordinator({ groupId })
  await coordinator.leaveGroup({ groupId, memberId: groups[0].members[0].memberId })
  await cluster.disconnect()
}
