import { describeChaos } from '../chaos/bounded.ts'

describeChaos('two processes on a Redis Cluster of three nodes, with nodes and processes that go and come', {
  processes: 2,
  partitions: 6,
  redisCluster: true,
  faults: ['redis-node-kill', 'rolling', 'redis-node-kill', 'kill'],
})
