import { systemClock } from '../../src/clock.ts'
import type { Random } from '../support/random.ts'
import type { Fleet } from './fleet.ts'
import type { World } from './world.ts'

export type Stage = Readonly<{ world: World; fleet: Fleet; random: Random; say(what: string): void }>

/** What a fault needs of the world. */
type Need = 'redis-pair' | 'redis-cluster' | 'three-brokers'

/** Something that happens to servers or processes, and its end: when it resolves all is there again. */
export type Fault = Readonly<{
  name: string
  needs?: Need
  strike(stage: Stage): Promise<void>
}>

const wait = (ms: number): Promise<void> => systemClock.sleep(ms)

/** Longer than the session timeout of the runs, 6 s. */
const BEYOND_SESSION_MS = 9_000
/** Longer than the node timeout of the cluster, 2 s: meanwhile no slot is served. */
const BEYOND_NODE_TIMEOUT_MS = 4_000

export const FAULTS = {
  kill: {
    name: 'SIGKILL of a process',
    strike: async ({ fleet, random }) => {
      const index = random.below(fleet.size)
      await fleet.at(index).kill('SIGKILL')
      fleet.replace(index)
      await fleet.ready(index)
    },
  },
  freeze: {
    name: 'SIGSTOP of a process past its session, then SIGCONT: a zombie',
    strike: async ({ fleet, random }) => {
      const running = fleet.at(random.below(fleet.size))
      running.signal('SIGSTOP')
      await wait(BEYOND_SESSION_MS)
      running.signal('SIGCONT')
    },
  },
  rolling: {
    name: 'rolling restart',
    strike: async ({ fleet }) => {
      for (let index = 0; index < fleet.size; index++) {
        await fleet.at(index).kill('SIGTERM')
        fleet.replace(index)
        await fleet.ready(index)
      }
    },
  },
  'redis-kill': {
    name: 'Redis killed, back with its append-only file',
    needs: 'redis-pair',
    strike: async ({ world }) => world.redis?.restart(),
  },
  'redis-failover': {
    name: 'failover to a replica that lags by two seconds',
    needs: 'redis-pair',
    strike: async ({ world }) => world.redis?.failOver(() => wait(2_000)),
  },
  'replica-asleep': {
    name: 'replica asleep for 8 s: alerts wait for it',
    needs: 'redis-pair',
    strike: async ({ world }) => world.redis?.whileReplicaSleeps(() => wait(8_000)),
  },
  'redis-pause': {
    name: 'CLIENT PAUSE of 5 s',
    needs: 'redis-pair',
    strike: async ({ world }) => {
      await world.redis?.call('CLIENT', 'PAUSE', 5_000, 'ALL')
      await wait(5_000)
    },
  },
  'script-flush': {
    name: 'SCRIPT FLUSH',
    needs: 'redis-pair',
    strike: async ({ world }) => void (await world.redis?.call('SCRIPT', 'FLUSH')),
  },
  'redis-node-kill': {
    name: 'a node of the Redis Cluster killed, back with its append-only file after the others have given it up',
    needs: 'redis-cluster',
    strike: async ({ world: { redisCluster }, random }) => {
      if (redisCluster === null) return
      const index = random.below(redisCluster.nodes.length)
      await redisCluster.nodes[index].kill('SIGKILL')
      await wait(BEYOND_NODE_TIMEOUT_MS)
      await redisCluster.restart(index)
    },
  },
  'broker-restart': {
    name: 'broker killed and started again',
    strike: async ({ world, random }) => {
      const index = random.below(world.kafka.nodes.length)
      await world.kafka.nodes[index].kill('SIGKILL')
      await world.kafka.restart(index)
    },
  },
  'broker-away': {
    name: 'broker unreachable for ten seconds',
    strike: ({ world, random }) => unreachable(world, random, 10_000),
  },
  'broker-away-long': {
    name: 'broker unreachable for a minute',
    strike: ({ world, random }) => unreachable(world, random, 60_000),
  },
  'leader-moves': {
    name: 'one broker of three gone for 15 s: leaders move',
    needs: 'three-brokers',
    strike: async ({ world, random }) => {
      const index = random.below(world.kafka.nodes.length)
      await world.kafka.nodes[index].kill('SIGKILL')
      await wait(15_000)
      await world.kafka.restart(index)
    },
  },
} as const satisfies Readonly<Record<string, Fault>>

export type FaultName = keyof typeof FAULTS

const unreachable = async ({ kafka }: World, random: Random, forMs: number): Promise<void> => {
  const node = kafka.nodes[random.below(kafka.nodes.length)]
  await node.kill('SIGSTOP')
  await wait(forMs)
  await node.kill('SIGCONT')
}

/** Those that this world has what they need for. */
export const possibleFaults = (world: World): readonly FaultName[] =>
  (Object.keys(FAULTS) as FaultName[]).filter(name => {
    const { needs }: Fault = FAULTS[name]
    return needs === undefined || has(world, needs)
  })

const has = (world: World, need: Need): boolean => {
  switch (need) {
    case 'redis-pair':
      return world.redis !== null
    case 'redis-cluster':
      return world.redisCluster !== null
    case 'three-brokers':
      return world.kafka.nodes.length >= 3
  }
}
