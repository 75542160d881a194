import { expect, it } from 'vitest'
import { stack } from '../support/stack.ts'
import { FAULTS, type FaultName, possibleFaults } from './faults.ts'
import { runChaos } from './run.ts'
import { startWorld } from './world.ts'

/** What `npm run test:chaos` was told: see cli.mjs. */
type Given = Readonly<
  Record<'minutes' | 'seed' | 'faults' | 'brokers' | 'processes' | 'rate', string> & { 'redis-cluster': boolean }
>

const given = JSON.parse(process.env.TIDEMARK_CHAOS ?? '{}') as Given
const minutes = Number(given.minutes)

const chosen = (text: string, possible: readonly FaultName[]): readonly FaultName[] => {
  if (text === '') return possible
  const names = text.split(',')
  const unknown = names.filter(name => !(name in FAULTS))
  if (unknown.length > 0) throw new Error(`no such fault: ${unknown.join(', ')}; there are ${Object.keys(FAULTS).join(', ')}`)
  return names as FaultName[]
}

it(
  `${minutes} minutes of faults change nothing`,
  async () => {
    const { registryUrl, elasticsearchUrl } = stack()
    const brokers = Number(given.brokers)
    const world = await startWorld({
      brokers,
      partitions: 4,
      redisCluster: given['redis-cluster'],
      registryUrl,
      elasticsearchUrl,
    })
    const say = (what: string): void => console.log(`${new Date().toISOString()} ${what}`)
    try {
      say(`seed ${given.seed}`)
      const report = await runChaos({
        world,
        seed: Number(given.seed),
        processes: Number(given.processes),
        eventsPerSecond: Number(given.rate),
        faults: { minutes, of: chosen(given.faults, possibleFaults(world)) },
        say,
      })
      const { problems, faults, ...numbers } = report
      say(`${faults.length} faults; ${JSON.stringify(numbers)}; ${problems.length} differences`)
      expect(problems.slice(0, 50)).toEqual([])
    } finally {
      await world.close()
    }
  },
  (minutes + 20) * 60_000,
)
