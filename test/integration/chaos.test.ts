import { describeChaos } from '../chaos/bounded.ts'

describeChaos('three processes under fire', {
  processes: 3,
  partitions: 4,
  redisCluster: false,
  // what a single broker and a pair of Redis can have, once each, but for what takes a minute
  faults: [
    'kill',
    'redis-failover',
    'freeze',
    'rolling',
    'replica-asleep',
    'script-flush',
    'redis-kill',
    'redis-pause',
    'broker-restart',
    'broker-away',
  ],
})
